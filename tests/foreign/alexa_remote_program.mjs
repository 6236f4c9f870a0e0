// What alexa-remote2 can do, one thing after the other; prints the answer, or the error, of each as JSON.
import https from "node:https";
import { asker, signedIn } from "./node_sign_in.mjs";

const KITCHEN = "Kitchen Show";
const OFFICE = "Office Spot";
const GARAGE = "Garage Echo";
const WORDS = "Müll & 牛乳 🎂";
const folder = process.argv[2];

const pushed = [];
const remote = await signedIn(folder, { bluetooth: true, notifications: true, usePushConnection: true });
await new Promise((resolve) => remote.on("ws-connect", resolve));
remote.on("command", ({ command }) => pushed.push(command));
const { ask, found } = asker(remote);

// The client writes the body of a DELETE without a length: to the server it is the next request of the
// connection, which gets a 400 that the client takes for the answer to what it asks there next.
async function erase(name, notification) {
  await ask(name, "deleteNotification", notification);
  https.globalAgent.destroy();
}

const tell = (name, command, value, where = KITCHEN) => ask(name, "sendSequenceCommand", where, command, value);

// the account
await ask("customer status", "getEndpoints");
await ask("user", "getUsersMe");
await ask("household", "getHousehold");
await ask("devices", "getDevices");
await ask("preferences", "getDevicePreferences");
await ask("wake words", "getWakeWords");
await ask("speaker groups", "getWholeHomeAudioGroups");
await ask("wifi", "getDeviceWifiDetails", KITCHEN);
await ask("volumes", "getAllDeviceVolumes");
await ask("do not disturb", "getDoNotDisturb");
await ask("bluetooth", "getBluetooth", false);

// messages
await ask("comms account", "getAccount");
await ask("contacts", "getContacts");
await ask("conversations", "getConversations");
await ask("home group", "getHomeGroup");
await ask("text message", "sendTextMessage", "c1", WORDS);
await ask("conversation after it", "getConversations");
await ask("conversation deleted", "deleteConversation", "c1", 1);

// speech and other sequences
await tell("speak", "speak", WORDS);
await tell("announcement", "announcement", WORDS);
await tell("ssml", "ssml", "<speak>Hello <break time='1s'/> there</speak>");
await tell("text command", "textCommand", "what time is it");
await tell("weather", "weather");
await tell("joke", "joke");
await tell("good morning", "goodmorning");
await tell("canned phrase", "curatedtts", "goodnight");
await tell("sound", "sound", "amzn_sfx_doorbell_chime_01");
await tell("notification", "notification", WORDS);
await tell("volume", "volume", 41);
await tell("do not disturb for a time", "deviceDoNotDisturb", "00:30", "Living Room Studio");
await tell("stop", "deviceStop", "", KITCHEN);
await ask("stop everywhere", "sendSequenceCommand", KITCHEN, "deviceStopAll", "");
const several = [{ command: "volume", value: 33 }, { command: "speak", value: "one" }, { command: "speak", value: "two" }];
await ask("several", "sendMultiSequenceCommand", KITCHEN, several, "SerialNode", null);
const both = [{ command: "announcement", value: "both" }];
await ask("several Echos", "sendMultiSequenceCommand", [KITCHEN, OFFICE], both, "ParallelNode", null);

// music
await ask("music providers", "getMusicProviders");
await ask("play", "playMusicProvider", KITCHEN, "AMAZON_MUSIC", "northern piers");
await ask("player", "getPlayerInfo", KITCHEN);
await ask("queue", "getPlayerQueue", KITCHEN, 50);
for (const command of ["pause", "play", "next", "previous"]) await ask(command, "sendCommand", KITCHEN, command, null);
await ask("shuffle", "sendCommand", KITCHEN, "shuffle", "on");
await ask("repeat", "sendCommand", KITCHEN, "repeat", "on");
await ask("volume of the player", "sendCommand", KITCHEN, "volume", 25);
await ask("idle player", "getPlayerInfo", OFFICE);
await ask("stations", "tuneinSearch", "harbour");

// routines
const routines = await ask("routines", "getAutomationRoutines");
const named = (name) => routines?.find((routine) => routine.name === name);
await ask("routine of a fixed Echo", "executeAutomationRoutine", OFFICE, named("Good night"));
await ask("routine of the Echo spoken to", "executeAutomationRoutine", OFFICE, named("Dinner time"));
await ask("routine catalog", "getRoutineSkillCatalog");
await ask("routine sounds", "getRoutineSoundList");
await ask("action definitions", "getSmarthomeBehaviourActionDefinitions");

// alarms and reminders
const tomorrow = Date.now() + 86_400_000;
await ask("reminder", "setReminder", KITCHEN, tomorrow, WORDS);
const listed = await ask("notifications", "getNotifications", false);
const reminder = listed?.notifications?.find((one) => one.reminderLabel === WORDS);
await ask("reminder changed", "changeNotification", { ...reminder }, new Date(tomorrow + 3_600_000));
const now = (await ask("notifications again", "getNotifications", false))?.notifications;
await erase("reminder deleted", now?.find((one) => one.reminderLabel === WORDS));
const alarm = remote.createNotificationObject(GARAGE, "Alarm", null, new Date(tomorrow), true);
const made = await ask("alarm", "createNotification", alarm);
const own = (await ask("alarm listed", "getNotifications", false))?.notifications?.find(
  (one) => one.notificationIndex === made?.alarmToken,
);
await ask("alarm off", "changeNotification", { ...own }, false);
await ask("alarm on", "changeNotification", { ...own }, true);
await ask("alarm later", "changeNotification", { ...own }, new Date(tomorrow + 7_200_000));
await erase("alarm deleted", own);
await ask("alarm sounds", "getNotificationSounds", KITCHEN, "Alarm");
await ask("alarm volume", "getDeviceNotificationState", KITCHEN);
await ask("alarm volume set", "setDeviceNotificationVolume", KITCHEN, 61);
await ask("default sound", "getDeviceNotificationDefaultSound", KITCHEN, "Alarm");
await ask("default sound set", "setDeviceNotificationDefaultSound", KITCHEN, "Alarm", "system_alerts_melodic_02");
await ask("ascending alarms", "getAscendingAlarmState");
await ask("ascending alarm set", "setDeviceAscendingAlarmState", KITCHEN, true);

// lists
const lists = await ask("lists", "getListsV2");
const shopping = lists?.find((list) => list.listType === "SHOP")?.listId;
await ask("list", "getListV2", shopping);
await ask("items", "getListItemsV2", shopping, {});
const [item] = (await ask("item added", "addListItem", shopping, { value: WORDS })) ?? [];
await ask("item deleted", "deleteListItem", shopping, item?.itemId ?? item?.id, { version: item?.version });

// settings of devices
await ask("do not disturb set", "setDoNotDisturb", KITCHEN, true);
await ask("equalizer is there", "getEqualizerEnabled", KITCHEN);
await ask("equalizer range", "getEqualizerRange", KITCHEN);
await ask("equalizer", "getEqualizerSettings", KITCHEN);
await ask("equalizer set", "setEqualizerSettings", KITCHEN, 3, -2, 1);
await ask("display", "getDisplayPowerSetting", KITCHEN);
await ask("display set", "setDisplayPowerSetting", KITCHEN, false);
await ask("brightness set", "setBrightnessSetting", KITCHEN, 12);
await ask("adaptive brightness", "getAdaptiveBrightnessSetting", KITCHEN);
await ask("time format set", "setClockTimeFormatSetting", KITCHEN, "24_HOURS");
await ask("attention span", "getAttentionSpanSetting", KITCHEN);
await ask("attention span set", "setAttentionSpanSetting", KITCHEN, false);
await ask("gestures", "getAlexaGesturesSetting", KITCHEN);
await ask("connected speaker", "getConnectedSpeakerOptionSetting", KITCHEN);
await ask("audio port", "getAuxControllerState", GARAGE);
await ask("audio port set", "setAuxControllerPortDirection", GARAGE, "INPUT");
await ask("name", "renameDevice", KITCHEN, "Küche");
await ask("bluetooth connected", "connectBluetooth", "Bedroom Dot", "00:53:10:00:00:01");
await ask("bluetooth disconnected", "disconnectBluetooth", "Bedroom Dot", "00:53:10:00:00:01");

// what was said
const said = { serial: remote.find(OFFICE).serialNumber, text: "play abba", response: "Here is ABBA", person: "Jo" };
await fetch(`${process.env.ALEXA_SIM_CONTROL}/say`, { method: "POST", body: JSON.stringify(said) });
const lately = { startTime: Date.now() - 86_400_000, endTime: Date.now() + 1000 };
await ask("history", "getCustomerHistoryRecords", lately);

await new Promise((resolve) => setTimeout(resolve, 300));
const control = async (path) => (await fetch(process.env.ALEXA_SIM_CONTROL + path)).json();
const { accounts } = await control("/state");
const result = { found, pushed: [...new Set(pushed)], accounts, spoken: await control("/spoken") };
process.stdout.write(JSON.stringify(result), () => process.exit(0));
