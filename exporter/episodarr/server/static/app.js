// Keeps the page current without reloading it: fetches the part that changes and patches only the
// nodes that differ, so that open sections, the scroll position and typed text stay as they are.
"use strict";

(() => {
  const EVERY_MS = 5000;
  const SLOWER_MS = 20000;
  const board = document.getElementById("board");
  const asOf = document.getElementById("asof");
  const offline = document.getElementById("offline");
  let etag = "";
  let timer = 0;
  let asked = 0;

  document.documentElement.classList.add("has-script");

  // --- patching ------------------------------------------------------------------------------

  const KEPT = { DETAILS: ["open"], INPUT: ["value"] };

  function patchAttributes(mine, theirs) {
    const kept = KEPT[mine.nodeName] || [];
    for (const { name } of [...mine.attributes]) {
      if (!theirs.hasAttribute(name) && !kept.includes(name)) mine.removeAttribute(name);
    }
    for (const { name, value } of theirs.attributes) {
      if (!kept.includes(name) && mine.getAttribute(name) !== value) mine.setAttribute(name, value);
    }
  }

  function fits(mine, theirs) {
    return mine.nodeType === theirs.nodeType && mine.nodeName === theirs.nodeName &&
      (mine.id || "") === (theirs.id || "");
  }

  function patch(mine, theirs) {
    // What is no longer wanted goes first: what stays then need not be moved, and moving takes
    // the focus away.
    const wantedIds = new Set([...theirs.children].map((child) => child.id));
    const mineById = new Map();
    for (const child of [...mine.children]) {
      if (child.id && !wantedIds.has(child.id)) child.remove();
      else if (child.id) mineById.set(child.id, child);
    }
    let here = mine.firstChild;
    for (const wanted of [...theirs.childNodes]) {
      const known = wanted.id ? mineById.get(wanted.id) : undefined;
      if (known && known.nodeName === wanted.nodeName && known !== here) {
        mine.insertBefore(known, here);
        here = known;
      }
      if (here && fits(here, wanted)) {
        if (here.nodeType === Node.ELEMENT_NODE) {
          patchAttributes(here, wanted);
          patch(here, wanted);
        } else if (here.nodeValue !== wanted.nodeValue) {
          here.nodeValue = wanted.nodeValue;
        }
        here = here.nextSibling;
      } else {
        mine.insertBefore(document.importNode(wanted, true), here);
      }
    }
    while (here) {
      const next = here.nextSibling;
      here.remove();
      here = next;
    }
  }

  // --- fetching ------------------------------------------------------------------------------

  function address() {
    const query = new URLSearchParams(location.search);
    query.set("fragment", "1");
    return `?${query}`;
  }

  async function refresh() {
    const turn = ++asked;
    const headers = etag ? { "If-None-Match": etag } : {};
    try {
      const answer = await fetch(address(), { headers, cache: "no-store" });
      if (turn !== asked) return;
      if (answer.status === 200) {
        const theirs = document.createElement("template");
        theirs.innerHTML = await answer.text();
        if (turn !== asked) return;
        patch(board, theirs.content);
        etag = answer.headers.get("ETag") || "";
      } else if (answer.status !== 304) {
        throw new Error(String(answer.status));
      }
      const at = answer.headers.get("X-Episodarr-Snapshot-At");
      if (at) asOf.setAttribute("datetime", at);
      offline.hidden = true;
    } catch {
      if (turn === asked) offline.hidden = false;
    }
    tellAge();
  }

  function schedule() {
    clearTimeout(timer);
    if (document.hidden) return;
    timer = setTimeout(async () => {
      await refresh();
      schedule();
    }, offline.hidden ? EVERY_MS : SLOWER_MS);
  }

  // --- how old it is -------------------------------------------------------------------------

  function tellAge() {
    const at = new Date(asOf.getAttribute("datetime"));
    if (Number.isNaN(at.getTime())) return;
    const seconds = Math.max(0, Math.round((Date.now() - at.getTime()) / 1000));
    const words = seconds < 90 ? at.toLocaleTimeString() :
      seconds < 5400 ? `${Math.round(seconds / 60)} min ago` : at.toLocaleString();
    if (asOf.textContent !== words) asOf.textContent = words;
    asOf.classList.toggle("is-old", seconds >= 90);
  }

  // --- going elsewhere on the page without a reload --------------------------------------------

  async function visit(url, { remember }) {
    if (remember) history.pushState(null, "", url);
    etag = "";
    await refresh();
    schedule();
    const target = location.hash ? document.getElementById(location.hash.slice(1)) : null;
    if (!target) return;
    if (target.nodeName === "DETAILS") target.open = true;
    target.scrollIntoView({ block: "start" });
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest ? event.target.closest("a[data-soft]") : null;
    if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) {
      return;
    }
    event.preventDefault();
    visit(link.href, { remember: true });
  });

  function search(form) {
    const query = new URLSearchParams(new FormData(form));
    history.replaceState(null, "", `?${query}`);
    etag = "";
    refresh().then(schedule);
  }

  let typing = 0;
  document.addEventListener("input", (event) => {
    const form = event.target.closest("form#search");
    if (!form) return;
    clearTimeout(typing);
    typing = setTimeout(() => search(form), 200);
  });
  document.addEventListener("submit", (event) => {
    if (event.target.id !== "search") return;
    event.preventDefault();
    clearTimeout(typing);
    search(event.target);
  });

  window.addEventListener("popstate", () => visit(location.href, { remember: false }));
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) clearTimeout(timer);
    else refresh().then(schedule);
  });

  setInterval(() => { if (!document.hidden) tellAge(); }, 5000);
  tellAge();
  schedule();
})();
