// Loaded by every Node that `python -m alexa_sim run` starts (NODE_OPTIONS=--require): connections to
// Amazon's hosts lead to the simulation, all others but loopback are refused. The authority is trusted
// through NODE_EXTRA_CA_CERTS.
"use strict";

const dns = require("node:dns");
const fs = require("node:fs");
const net = require("node:net");
const path = require("node:path");

const port = Number(process.env.ALEXA_SIM_PORT || 0);
const table = fs.readFileSync(path.join(__dirname, "..", "hosts.py"), "ascii");
// the one table of hosts, read out of the module that holds it
const retail = new Set(table.match(/"amazon\.[a-z.]+"/g).map((name) => name.slice(1, -1)));

function plain(host) {
  return String(host).toLowerCase().replace(/\.$/, "");
}

function isAmazon(host) {
  const name = plain(host);
  const parent = name.slice(name.indexOf(".") + 1);
  return (
    retail.has(name) ||
    retail.has(parent) ||
    /^api\.((na|eu|fe)\.)?amazonalexa\.com$/.test(name) ||
    /^alexa\.(na|eu|fe)\.gateway\.devices\.a2z\.com$/.test(name) ||
    /^credential-locker-service\.amazon\.(eu|jp)$/.test(name)
  );
}

function isLoopback(host) {
  const name = plain(host);
  if (name === "localhost" || name.endsWith(".localhost") || name === "::1") return true;
  return net.isIPv4(name.replace(/^::ffff:/, "")) && name.replace(/^::ffff:/, "").startsWith("127.");
}

function refusal(host) {
  const error = new Error(`alexa_sim: ${host} is neither a simulated Amazon host nor loopback: refused`);
  error.code = "ECONNREFUSED";
  return error;
}

const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function (...args) {
  // net hands its own normalized arguments on as one array: [options, callback]
  const normalized = Array.isArray(args[0]);
  const given = normalized ? args[0][0] : args[0];
  const options =
    typeof given === "object" && given !== null
      ? given
      : typeof given === "string" && Number.isNaN(Number(given))
        ? { path: given }
        : { port: given, host: typeof args[1] === "string" ? args[1] : undefined };
  if (options.path || !options.host || isLoopback(options.host)) return connect.apply(this, args);
  if (!isAmazon(options.host)) {
    process.nextTick(() => this.destroy(refusal(options.host)));
    return this;
  }
  const led = { ...options, host: "127.0.0.1", port: Number(options.port) === 443 ? port : options.port };
  delete led.lookup;
  if (normalized) {
    args[0][0] = led;
    return connect.apply(this, args);
  }
  const callback = args[args.length - 1];
  return typeof callback === "function" ? connect.call(this, led, callback) : connect.call(this, led);
};

function checked(host) {
  if (isAmazon(host)) return "127.0.0.1";
  if (isLoopback(host) || net.isIP(String(host)) || !host) return host;
  throw refusal(host);
}

const lookup = dns.lookup;
dns.lookup = function (host, options, callback) {
  const done = typeof options === "function" ? options : callback;
  try {
    return lookup.call(dns, checked(host), options, callback);
  } catch (error) {
    if (error.code !== "ECONNREFUSED") throw error;
    process.nextTick(done, error);
    return undefined;
  }
};
const lookupLater = dns.promises.lookup;
dns.promises.lookup = async (host, options) => lookupLater.call(dns.promises, checked(host), options);

for (const name of ["resolve", "resolve4", "resolve6", "resolveAny", "resolveTxt", "resolveSrv", "resolveMx"]) {
  dns[name] = (host, ...rest) => process.nextTick(rest[rest.length - 1], refusal(host));
  dns.promises[name] = async (host) => {
    throw refusal(host);
  };
}
