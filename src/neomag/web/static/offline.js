// Registers the service worker, and says when there is no network. Everything works without it, but not offline.
if ("serviceWorker" in navigator && window.isSecureContext) {
  navigator.serviceWorker.register("/sw.js").catch(() => {});
}

const sign = document.querySelector("[data-offline]");
if (sign) {
  const say = () => { sign.hidden = navigator.onLine; };
  addEventListener("online", say);
  addEventListener("offline", say);
  say();
}
