// Words for asking and giving more days, in English.
export default {
  "extensions-about": "Granting moves the due date at once and stops reminders; the first date stays on record. Refusing leaves the date as it is.",
  "extensions-none": "No request is waiting.",
  "asked-days": ({ n }) => `${n} more ${n === "1" ? "day" : "days"} asked for; the permanent board has not decided`,
  "decision-note": "Note (not required)",
  grant: "Grant",
  refuse: "Refuse",
  granted: "Granted. The due date has moved.",
  refused: "Refused. The due date stays.",
  "first-date-stays": "The first due date stays on record: {day}.",
  "ask-more-days": "Ask for more days",
  "ask-days": "How many more days",
  "ask-hint": "Calendar days, counted from the present due date. Asking stops no clock.",
  "ask-working-hint": "Working days, counted from the present due date. Asking stops no clock.",
  "ask-reason": "Reason",
  "ask-send": "Send the request",
  "asked-sent": "Sent to the permanent board. The due date stays until they grant it.",
};
