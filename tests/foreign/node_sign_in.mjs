// Signs alexa-remote2 in as its users do: through the proxy of alexa-cookie2, whose pages are filled in here.
import { createRequire } from "node:module";

const PERSON = { email: "jo@example.org", password: "correct horse" };

// Fill in the forms of a sign-in, from the first page to the one that says that it is done.
async function browse(start) {
  const cookies = new Map();
  let url = start;
  let sent = {};
  for (let pages = 0; pages < 12; pages += 1) {
    const cookie = [...cookies].map((pair) => pair.join("=")).join("; ");
    const answer = await fetch(url, { redirect: "manual", ...sent, headers: { ...sent.headers, cookie } });
    for (const line of answer.headers.getSetCookie()) {
      const [name, value] = line.split(";")[0].split(/=(.*)/s);
      cookies.set(name.trim(), value);
    }
    const text = await answer.text();
    sent = {};
    if (answer.status >= 300 && answer.status < 400) {
      url = new URL(answer.headers.get("location"), url).href;
      continue;
    }
    const form = /<form[^>]*>/.exec(text)?.[0];
    if (!form) return text;
    const fields = new URLSearchParams();
    for (const [input] of text.matchAll(/<input[^>]*>/g)) {
      const name = /name="([^"]*)"/.exec(input)?.[1];
      if (name) fields.set(name, PERSON[name] ?? /value="([^"]*)"/.exec(input)?.[1] ?? "");
    }
    url = new URL(/action="([^"]*)"/.exec(form)?.[1] ?? url, url).href;
    sent = { method: "POST", body: fields.toString(), headers: { "content-type": "application/x-www-form-urlencoded" } };
  }
  throw new Error("the sign-in does not end");
}

// Return an AlexaRemote that is signed in, from the packages in a folder.
export async function signedIn(folder, options = {}) {
  const AlexaRemote = createRequire(`${folder}/`)("alexa-remote2");
  const remote = new AlexaRemote();
  const proxy = { setupProxy: true, proxyOnly: true, proxyOwnIp: "127.0.0.1", proxyListenBind: "127.0.0.1", proxyPort: 0 };
  const logger = process.env.DEBUG ? (...line) => console.error(...line) : undefined;
  await new Promise((resolve, reject) => {
    const common = { amazonPage: "amazon.com", acceptLanguage: "en-US", cookieRefreshInterval: 0, logger };
    remote.init({ ...proxy, ...common, ...options }, (error) => {
      if (!error) return resolve();
      const page = /http:\/\/127\.0\.0\.1:\d+\//.exec(error.message)?.[0];
      if (!page) return reject(error);
      return browse(page).catch(reject);
    });
  });
  return remote;
}

// Return what calls a method of the remote and keeps its answer, or its error, under a name.
export function asker(remote) {
  const found = {};
  async function ask(name, method, ...args) {
    found[name] = await new Promise((resolve) => {
      const late = setTimeout(() => resolve({ error: "no answer" }), 8000);
      const done = (error, answer) => {
        clearTimeout(late);
        resolve(error ? { error: String(error.message ?? error) } : { answer });
      };
      try {
        remote[method](...args, done);
      } catch (error) {
        done(error);
      }
    });
    return found[name].answer;
  }
  return { ask, found };
}
