// One's own messages, the unread ones first, and whether they also come by e-mail.
import { addWords, api, dayText, dueText, h, momentText, named, notice, numberText, open, show, t } from "./shared/kit.js";
import vi from "./vi.js";
import { digestCard } from "./digest.js";
import { emailSheet } from "./email.js";

const AT_ONCE = 50;

await addWords({ vi, en: () => import("./en.js") });
open("notify", page);

async function page(main) {
  const [first, channels, { digests }] = await Promise.all(
    [`inbox?limit=${AT_ONCE}`, "channels", "digests"].map((each) => api(`/notify/api/${each}`)),
  );
  const messages = [];
  const count = h("p", { class: "quiet number", role: "status" });
  const unread = h("ul", { class: "close" });
  const read = h("ul", { class: "close" });
  const unreadTitle = h("h2", {}, t("unread-messages"));
  const readTitle = h("h2", {}, t("read-messages"));
  const more = h("button", { class: "button wide", type: "button", onclick: loadMore }, t("more"));
  let unreadCount = first.unread;

  show(
    main,
    h(
      "div",
      { class: "messages" },
      h(
        "div",
        { class: "stack" },
        h("div", { class: "tight" }, h("h1", {}, t("page.notify")), count),
        digests.map(digestCard),
        unreadTitle,
        unread,
        readTitle,
        read,
        more,
      ),
      h(
        "div",
        { class: "stack" },
        emailSheet(channels.email),
        h("a", { class: "button wide", href: "/visits/#reminders" }, t("on-phone")),
      ),
    ),
  );
  take(first);

  function take(page) {
    messages.push(...page.messages);
    for (const message of page.messages) (message.read ? read : unread).append(messageCard(message, opened));
    more.hidden = page.messages.length < AT_ONCE;
    tell();
  }

  function tell() {
    show(count, unreadCount > 0 ? t("unread", { n: numberText(unreadCount) }) : t("all-read"));
    unreadTitle.hidden = unread.childElementCount === 0;
    readTitle.hidden = read.childElementCount === 0;
    if (messages.length === 0) show(count, t("no-messages"));
  }

  async function loadMore() {
    take(await api(`/notify/api/inbox?limit=${AT_ONCE}&after=${messages.at(-1).message_id}`));
  }

  async function opened(message, card) {
    try {
      await api(`/notify/api/inbox/${message.message_id}/read`, { method: "PUT" });
      message.read = true;
      unreadCount -= 1;
      card.remove();
      read.prepend(messageCard(message, opened));
      tell();
    } catch (problem) {
      card.append(notice("wrong", problem.message));
    }
  }
}

function messageCard(message, opened) {
  const card = h(
    "li",
    { class: `sheet close message ${message.read ? "read" : "unread"}` },
    h(
      "div",
      { class: "between" },
      h("h3", {}, named("notice", message.notice), " ", !message.read && h("span", { class: "state soon" }, t("new"))),
      h("p", { class: "quiet number small" }, momentText(message.delivered_at)),
    ),
    h("p", {}, named("duty", message.duty_kind)),
    h("p", { class: "quiet" }, t("due-by", { due: dueText(message) })),
    h(
      "p",
      { class: "buttons" },
      h("a", { class: message.read ? "button" : "button first", href: `/feedback/#duty=${message.duty_id}` }, t("open-duty")),
      !message.read &&
        h("button", { class: "button", type: "button", onclick: () => opened(message, card) }, t("mark-read")),
      message.on_it_until && h("button", { class: "button", type: "button", onclick: onIt }, t("on-it")),
    ),
  );
  return card;

  /** "I am on it", right from the message: the server reminds again after that day, if it is not done. */
  async function onIt({ currentTarget: button }) {
    button.disabled = true;
    const until = message.on_it_until;
    try {
      await api(`/notify/api/escalations/${message.duty_id}/acknowledgement`, { method: "PUT", body: { until } });
      button.replaceWith(notice("good", t("on-it-until", { day: dayText(until) })));
    } catch (problem) {
      card.append(notice("wrong", problem.message));
      button.disabled = false;
    }
  }
}
