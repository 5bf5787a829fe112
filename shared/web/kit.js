// What a page needs, through one door.
export * from "./api.js";
export * from "./dates.js";
export * from "./dom.js";
export * from "./duty.js";
export * from "./forms.js";
export * from "./frame.js";
export * from "./icons.js";
export * from "./ids.js";
export * from "./language.js";
export * from "./parts.js";
export * from "./text.js";
export * from "./typed.js";
