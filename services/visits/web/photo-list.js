// Photographs as they are shown: small, from the phone's own store; and those that wait, with what became of each.
import { h, momentText, notice, onServersClock, t } from "./shared/kit.js";

/** The picture, once it is opened; the browser forgets the address as soon as it has drawn it. */
export function thumbnail(phone, { id }, name) {
  const image = h("img", { class: "photo", alt: name });
  phone.photos.picture(id).then((picture) => {
    if (!picture) return;
    const address = URL.createObjectURL(picture);
    image.addEventListener("load", () => URL.revokeObjectURL(address), { once: true });
    image.src = address;
  });
  return image;
}

/** What waits to be sent after its visit; null when nothing does. `state` and `reason` put an item's into words. */
export async function waitingPhotos(phone, { state, reason }) {
  const waiting = await phone.photos.waiting();
  if (waiting.length === 0) return null;
  return h(
    "section",
    { class: "close", "aria-label": t("photos-wait") },
    h("h2", {}, t("photos-wait")),
    h("p", { class: "quiet" }, t("photos-wait-about")),
    h("ul", { class: "close" }, waiting.map(line)),
  );

  function line(photo) {
    const refused = photo.state === "refused" || photo.state === "conflict";
    const words = reason({ ...photo, done_at: null });
    return h(
      "li",
      { class: "sheet close item" },
      h("div", { class: "between" }, h("h3", {}, t("photo-of", { at: momentText(onServersClock(photo.taken_at)) })), state(photo)),
      thumbnail(phone, photo, t("photo-of", { at: momentText(onServersClock(photo.taken_at)) })),
      words && (refused ? notice("wrong", words) : h("p", {}, words)),
      refused && h("div", { class: "buttons" }, button("send-again", again), button("drop-photo", drop)),
    );

    async function again() {
      await phone.photos.retry(photo.id);
      await phone.outbox.send({ urgent: true });
    }

    async function drop() {
      if (confirm(t("drop-photo-sure"))) await phone.photos.remove(photo.id);
    }
  }

  function button(words, work) {
    return h("button", { class: "button", type: "button", onclick: work }, t(words));
  }
}
