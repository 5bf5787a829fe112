// The photographs of one issue while it is written. A picture is drawn anew before it is kept, so that where and with
// what it was taken never gets into this app at all: only the dots go on.
import { h, newUuid, notice, show, t } from "./shared/kit.js";
import { thumbnail } from "./photo-list.js";

const EDGE = 1600;
const LARGEST = 2 * 1024 * 1024;
const QUALITIES = [0.8, 0.6, 0.4];

/** `changed` keeps the draft, so that a photograph never lies here without one. */
export function photoField(phone, visitId, issue, changed) {
  const { photos } = phone;
  const taken = h("ul", { class: "photos" });
  const said = h("div", { role: "status" });
  const camera = h("input", { type: "file", accept: "image/*", capture: "environment", hidden: true, onchange: take });
  const add = h("button", { class: "button", type: "button", onclick: () => camera.click() }, t("add-photo"));
  render();
  return h("div", { class: "close" }, taken, h("div", { class: "tight" }, add, h("p", { class: "quiet small" }, t("photo-hint"))), camera, said);

  async function render() {
    const [found, left] = await Promise.all([photos.of(visitId, issue.id), photos.left(visitId, issue.id)]);
    show(taken, found.map((photo, place) => h("li", { class: "tight" }, thumbnail(phone, photo, t("photo-number", { n: place + 1 })), remover(photo, place))));
    taken.hidden = found.length === 0;
    add.hidden = left === 0;
  }

  function remover({ id }, place) {
    const button = h("button", { class: "button plain", type: "button", "aria-label": t("remove-photo-number", { n: place + 1 }) }, t("remove-photo"));
    button.addEventListener("click", async () => {
      await photos.remove(id);
      await render();
      add.focus();
    });
    return button;
  }

  async function take() {
    const [file] = camera.files;
    camera.value = "";
    if (!file) return;
    add.disabled = true;
    show(said);
    try {
      const bytes = await drawnAnew(file);
      await photos.add(newUuid(), { visitId, issueId: issue.id }, bytes);
      changed();
    } catch (error) {
      show(said, notice("wrong", t(error.name === "QuotaExceededError" ? "storage-full" : "photo-unreadable")));
    }
    add.disabled = false;
    await render();
  }
}

/** A JPEG of the picture as it stands upright, no larger than the server takes. Throws for what is no picture. */
async function drawnAnew(file) {
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  const scale = Math.min(1, EDGE / Math.max(picture.width, picture.height));
  const [width, height] = [picture.width, picture.height].map((side) => Math.max(1, Math.round(side * scale)));
  const canvas = h("canvas", { width, height });
  const pen = canvas.getContext("2d", { alpha: false });
  pen.fillStyle = "white";
  pen.fillRect(0, 0, width, height);
  pen.drawImage(picture, 0, 0, width, height);
  picture.close();
  for (const quality of QUALITIES) {
    const drawn = await new Promise((done) => canvas.toBlob(done, "image/jpeg", quality));
    if (drawn && drawn.size <= LARGEST) return drawn.arrayBuffer();
  }
  throw new RangeError("no JPEG of this picture is small enough");
}
