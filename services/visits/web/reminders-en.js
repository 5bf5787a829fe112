// Words of the reminders page.
export default {
  reminders: "Reminders",
  "reminders-by-email": "By e-mail: on the Messages page",

  "push-title": "Reminders on this device",
  "push-about":
    "At most one message each working morning, saying how many duties are due; what has just become overdue and what is urgent comes at once. It names nobody and tells nothing of the matter.",
  "push-on": "Switch reminders on here",
  "push-is-on": "Switched on. “Try it” shows how a message arrives.",
  "push-off": "Switch off here",
  "push-is-off": "Switched off here.",
  "push-try": "Try it",
  "push-tried": "A trial message is on its way; it appears within seconds.",
  "push-refused": "This device was not reached ({reason}). Please switch off and on again.",
  "push-none": "This system is not connected to push services. Messages still come to the Messages page.",
  "push-blocked":
    "The browser blocks notifications of this page. Allow them in the page's settings (the symbol left of the address), then open the page again.",
  "push-home-screen":
    "On an iPhone reminders come only when the page is on the home screen: open it in Safari, tap Share, choose “Add to Home Screen”, and open it from there.",
  "push-cannot": "This browser cannot receive reminders. Please use a recent Chrome, Edge, Cốc Cốc, Firefox or Safari.",
  "push-since": "on since {day}",
  "push-reached": "last reached {at}",
  "push-never": "nothing received yet",

  "quiet-title": "Quiet hours",
  "quiet-about":
    "E-mail and reminders come only from 07:30 to 17:00 on working days, less the hours you choose here. Urgent matters come at once.",
  "quiet-from": "From",
  "quiet-to": "To",
  save: "Save",
  "quiet-saved": "Quiet hours saved.",

  "calendar-title": "In the phone's calendar",
  "calendar-about":
    "The phone's calendar follows due dates and planned visits by itself. An entry says the kind of duty and the unit. Whoever has the address can read the calendar, so please keep it to yourself.",
  "calendar-make": "Make an address",
  "calendar-open": "Add to the phone's calendar",
  "calendar-address": "Address",
  "calendar-once": "Shown this once. If you lose it, change it.",
  "calendar-copy": "Copy the address",
  "calendar-copied": "Copied.",
  "calendar-change": "Change the address",
  "calendar-withdraw": "Remove the address",
  "calendar-withdrawn": "Removed; no device reads the calendar any more.",
  "calendar-read": "Last read by a phone: {at}.",
  "calendar-unread": "No device has read it yet.",
};
