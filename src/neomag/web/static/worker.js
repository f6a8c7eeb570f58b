// The service worker: what a parent needs when there is no network, and the clinician's form, come from this device.
// Served as /sw.js with KEPT before it: {release, pages, files, offline}. Nothing that anybody entered is kept here.
const NAME = `neomag-${KEPT.release}`;
const PATIENCE_MS = 4000;

self.addEventListener("install", (event) => {
  event.waitUntil(fill().then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(forgetOthers().then(() => self.clients.claim()));
});

async function fill() {
  const cache = await caches.open(NAME);
  // One by one: a page that this service does not have must not keep the danger signs from being there.
  for (const path of [...KEPT.pages, ...KEPT.files]) {
    const answer = await fetch(path, {cache: "reload"});
    // What is not read to its end holds the connection.
    if (answer.ok && !answer.redirected) await cache.put(path, answer);
    else await answer.arrayBuffer();
  }
}

async function forgetOthers() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith("neomag-") && name !== NAME).map((name) => caches.delete(name)));
}

self.addEventListener("fetch", (event) => {
  const {request} = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (url.pathname.startsWith("/static/")) event.respondWith(fromDevice(request));
  else if (KEPT.pages.includes(url.pathname) || request.mode === "navigate") event.respondWith(fromService(request, url));
});

async function fromDevice(request) {
  const found = await caches.match(request);
  return found || fetch(request);
}

async function fromService(request, url) {
  const kept = KEPT.pages.includes(url.pathname);
  const cache = await caches.open(NAME);
  const asked = fetch(request).then((answer) => {
    // With a query it is another page: an example, a plan.
    if (kept && answer.ok && !answer.redirected && !url.search) cache.put(url.pathname, answer.clone());
    return answer;
  });
  try {
    // A network that hangs is as good as none, where the device has the page.
    return await (kept ? Promise.race([asked, after(PATIENCE_MS)]) : asked);
  } catch {
    const found = kept ? await cache.match(url.pathname) : undefined;
    return found || (await cache.match(KEPT.offline[url.pathname.split("/")[1]] || KEPT.offline.en)) || Response.error();
  }
}

function after(milliseconds) {
  return new Promise((_, reject) => setTimeout(() => reject(new Error("slow")), milliseconds));
}
