// The smart home through homebridge-alexa-smarthome's own wrapper of alexa-remote2, then through alexa-remote2
// itself; prints the answer, or the error, of each as JSON.
import { createRequire } from "node:module";
import { asker, signedIn } from "./node_sign_in.mjs";

const folder = process.argv[2];
const plugin = createRequire(`${folder}/node_modules/homebridge-alexa-smarthome/dist/`);
const { AlexaApiWrapper } = plugin("./wrapper/alexa-api-wrapper");
const { default: DeviceStore } = plugin("./store/device-store");

// HomeKit's services, of which the wrapper compares the ids alone
const NAMES = [
  ...["AirQualitySensor", "CarbonMonoxideSensor", "HumiditySensor", "Lightbulb", "LockMechanism"],
  ...["TemperatureSensor", "Thermostat", "Switch"],
];
const services = Object.fromEntries(NAMES.map((name) => [name, { UUID: name }]));
const log = new Proxy({}, { get: () => () => () => undefined });

const remote = await signedIn(folder);
const api = new AlexaApiWrapper(services, remote, log, new DeviceStore(undefined));

const { ask: askRemote, found } = asker(remote);

async function ask(name, task) {
  try {
    const result = await task();
    found[name] = result._tag === "Right" ? { answer: result.right ?? null } : { error: String(result.left.message ?? result.left) };
  } catch (error) {
    found[name] = { error: String(error) };
  }
  return found[name].answer;
}

const devices = (await ask("devices", api.getDevices())) ?? [];
const named = (name) => devices.find((device) => device.displayName === name) ?? { endpointId: "", id: "" };
const state = (name, device, service) => ask(name, api.getDeviceStateGraphQl(named(device), services[service], false));
const set = (name, device, ...what) => ask(name, api.setDeviceStateGraphQl(named(device).endpointId, ...what));

await set("light on", "Hall Light", "power", "turnOn");
await set("brightness", "Hall Light", "brightness", "setBrightness", { brightness: 33 });
await set("color temperature", "Hall Light", "colorTemperature", "setColorTemperature", { colorTemperatureInKelvin: 4000 });
await set("color", "Hall Light", "color", "setColor", { color: { hue: 120, saturation: 1, brightness: 1 } });
await state("state of a light", "Hall Light", "Lightbulb");
await set("switch on", "Coffee Maker", "power", "turnOn");
await state("state of a switch", "Coffee Maker", "Switch");
const setpoint = { targetSetpoint: { value: "23", scale: "CELSIUS" } };
await set("target temperature", "Hall Thermostat", "thermostat", "setTargetSetpoint", setpoint);
await state("state of a thermostat", "Hall Thermostat", "Thermostat");
await set("unlocked", "Front Door Lock", "lock", "unlock");
await state("state of a lock", "Front Door Lock", "LockMechanism");
await state("state of an air monitor", "Air Monitor", "AirQualitySensor");
await ask("cached state", api.getDeviceStateGraphQl(named("Hall Light"), services.Lightbulb, true));
await ask("by phoenix", api.setDeviceState(named("Coffee Maker").id, "turnOff", {}, "ENTITY"));

await askRemote("appliances", "getSmarthomeDevicesV2");
await askRemote("rooms", "getSmarthomeGroups");
await askRemote("smart home entities", "getSmarthomeEntities");
const entity = (found.appliances.answer ?? []).find((one) => one.friendlyName === "Coffee Maker")?.legacyAppliance;
await askRemote("state of an appliance", "querySmarthomeDevices", entity?.applianceId);
await askRemote("appliance switched", "executeSmarthomeDeviceAction", entity?.entityId, { action: "turnOn" });
await askRemote("discovery", "discoverSmarthomeDevice");

const { accounts } = await (await fetch(`${process.env.ALEXA_SIM_CONTROL}/state`)).json();
process.stdout.write(JSON.stringify({ found, accounts }), () => process.exit(0));
