import { GiB } from "../core/units.js";

/** Memory, as runtimes and drivers count it. */
export function gib(bytes: number): string {
  return (bytes / GiB).toFixed(2);
}

/** File sizes, as download pages count them. */
export function gb(bytes: number): string {
  return (bytes / 1e9).toFixed(2);
}

/** 16384 -> `16,384`. Not Intl, which costs more than everything else on the page. */
export function grouped(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** 23572403200 -> `23.6B`, 134515008 -> `135M`. */
export function parameterCount(value: number): string {
  const [scale, unit] =
    value >= 1e12 ? [1e12, "T"] : value >= 1e9 ? [1e9, "B"] : value >= 1e6 ? [1e6, "M"] : [1e3, "K"];
  const scaled = value / scale;
  return `${scaled >= 100 ? scaled.toFixed(0) : scaled.toFixed(1)}${unit}`;
}

/** Tokens per second: an estimate, to two digits. */
export function rate(value: number): string {
  const text = value.toPrecision(2);
  return `~${text.includes("e") ? grouped(Number(text)) : text}`;
}

/**
 * Text from outside (a file's name for its model, a driver's for its card) without control characters,
 * so that no file can send escape sequences to a terminal.
 */
export function plain(text: string): string {
  // Nearly all text is plain ASCII already, and the full pattern takes its time to compile.
  if (/^[!-~]+(?: [!-~]+)*$/.test(text)) return text;
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ").trim();
}
