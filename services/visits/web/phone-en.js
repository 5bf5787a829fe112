// Words about what the phone keeps and sends.
const counted = (one, many) => ({ n }) => `${n} ${n === "1" ? one : many}`;

export default {
  "this-device": "How this device stands",
  unsent: ({ n, age }) => `${n === "1" ? "1 item" : `${n} items`} not sent yet, the oldest since ${age}.`,
  "set-aside": ({ n }) => (n === "1" ? "1 item needs your eye." : `${n} items need your eye.`),
  ago: "{n} ago",
  minutes: counted("minute", "minutes"),
  hours: counted("hour", "hours"),
  days: counted("day", "days"),
  "sign-in-to-send": "Your session has ended. Whatever is unsent is safe on this device; sign in and it goes on.",
  "storage-full":
    "This device is full, so nothing more can be kept. What was kept is still there. Remove some pictures or apps and go on; do not close this page.",
  "clock-off": "The clock of this device is off by about {n}. Please set it in the device's settings.",
  nag: "Something has waited for more than a day. Open the list to send it again, or take a file to the office.",
  "others-unsent": ({ n }) =>
    `${n === "1" ? "1 item" : `${n} items`} of somebody else on this device, sealed until they sign in.`,
  "new-version": "There is a new version of the app.",
  "take-new-version": "Use it",
  "leave-unsent": ({ n }) =>
    `${n === "1" ? "1 item is" : `${n} items are`} unsent or being written. They stay on this device, sealed, and go on when you sign in again. Sign out?`,
  "needs-https": "The browser keeps visits only on a secure address (https).",
  "no-storage": "This browser keeps nothing (a private window perhaps). Please use an ordinary window.",
};
