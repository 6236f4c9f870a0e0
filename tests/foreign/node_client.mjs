// A client of Node's own modules, unmodified; prints what it found as JSON.
import http2 from "node:http2";
import https from "node:https";
import tls from "node:tls";

const get = (url) =>
  new Promise((resolve, reject) => {
    https
      .get(url, (response) => {
        let body = "";
        response.setEncoding("utf8");
        response.on("data", (piece) => (body += piece));
        response.on("end", () => resolve({ status: response.statusCode, body }));
      })
      .on("error", reject);
  });

const get2 = (origin, path) =>
  new Promise((resolve, reject) => {
    const session = http2.connect(origin);
    session.on("error", reject);
    const stream = session.request({ ":path": path });
    const found = { protocol: null, status: null, body: "" };
    stream.setEncoding("utf8");
    stream.on("response", (headers) => {
      found.status = headers[":status"];
      found.protocol = session.alpnProtocol;
    });
    stream.on("data", (piece) => (found.body += piece));
    stream.on("error", reject);
    stream.on("end", () => session.close(() => resolve(found)));
    stream.end();
  });

const handshake = (host) =>
  new Promise((resolve, reject) => {
    const socket = tls.connect({ host, port: 443, servername: host, ALPNProtocols: ["h2", "http/1.1"] }, () => {
      resolve({ authorized: socket.authorized, protocol: socket.alpnProtocol });
      socket.destroy();
    });
    socket.on("error", reject);
  });

const refused = (attempt) =>
  attempt.then(
    () => "",
    (error) => error.message,
  );

const found = {
  ping: await get("https://alexa.amazon.de/api/ping"),
  fetch: await fetch("https://alexa.amazon.de/api/ping").then((response) => response.status),
  page: await get2("https://www.amazon.de", "/ap/maplanding"),
  tls: await handshake("bob-dispatch-prod-eu.amazon.com"),
  refused: [
    await refused(get("https://www.example.org/")),
    await refused(get2("https://www.example.org", "/")),
    await refused(handshake("www.example.org")),
  ],
};
process.stdout.write(JSON.stringify(found));
