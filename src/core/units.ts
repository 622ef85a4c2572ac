import { FitcheckError } from "./errors.js";

export const KiB = 1024;
export const MiB = 1024 * KiB;
export const GiB = 1024 * MiB;
export const TiB = 1024 * GiB;

/** Rounds `value` up to a multiple of `step` (`GGML_PAD`). Both are positive integers. */
export function padTo(value: number, step: number): number {
  return Math.ceil(value / step) * step;
}

/** Binary unless the unit ends in a plain `B` with a decimal prefix, as llama.cpp and disk vendors write. */
const BYTE_UNITS: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  k: KiB,
  kib: KiB,
  kb: 1e3,
  m: MiB,
  mib: MiB,
  mb: 1e6,
  g: GiB,
  gib: GiB,
  gb: 1e9,
  t: TiB,
  tib: TiB,
  tb: 1e12,
};

/** One pebibyte: nothing a machine here could have is larger. */
const MAX_BYTES = 1024 * TiB;

/**
 * Parses a memory size: `24GiB`, `24G` (= GiB), `24GB` (= 10^9 bytes), `512M`, or plain bytes from a mebibyte up:
 * less is a number whose unit was forgotten. 0 needs none.
 * @returns whole bytes
 * @throws FitcheckError BAD_VALUE naming `what`
 */
export function parseBytes(text: string, what = "size"): number {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(text);
  const unit = match ? BYTE_UNITS[(match[2] ?? "").toLowerCase()] : undefined;
  const bytes = match && unit !== undefined ? Math.round(Number(match[1]) * unit) : Number.NaN;
  const forgotten = match?.[2] === "" && bytes > 0 && bytes < MiB;
  if (!Number.isFinite(bytes) || bytes < 0 || bytes > MAX_BYTES || forgotten) {
    throw new FitcheckError("BAD_VALUE", `${what} "${text}" ${forgotten ? "has no unit" : "is not a memory size"}`, {
      hint: "Write it like 24GiB, 24G (the same), 24GB (10^9 bytes) or 512M.",
    });
  }
  return bytes;
}

/** More tokens than any model is trained for; larger values are typing errors. */
const MAX_TOKENS = 1 << 28;

/**
 * Parses a token count: `16384`, `16k` (= 16384), `1M` (= 1048576).
 * @throws FitcheckError BAD_VALUE naming `what`
 */
export function parseTokens(text: string, what = "context"): number {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([km]?)\s*$/i.exec(text);
  const scale = { "": 1, k: KiB, m: MiB }[(match?.[2] ?? "").toLowerCase()] ?? Number.NaN;
  const exact = match ? Number(match[1]) * scale : Number.NaN;
  // 1.5k is a round number of tokens, 16.3 a typing error.
  const tokens = scale === 1 ? exact : Math.round(exact);
  if (!Number.isSafeInteger(tokens) || tokens < 1 || tokens > MAX_TOKENS) {
    throw new FitcheckError("BAD_VALUE", `${what} "${text}" is not a number of tokens`, {
      hint: "Write it like 16384 or 16k; 256M is the most.",
    });
  }
  return tokens;
}

/**
 * Parses a whole number within bounds.
 * @throws FitcheckError BAD_VALUE naming `what` and the bounds
 */
export function parseInteger(text: string, what: string, min: number, max: number): number {
  const value = /^\s*-?\d+\s*$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value) || value < min || value > max) {
    throw new FitcheckError("BAD_VALUE", `${what} "${text}" is not a whole number from ${min} to ${max}`);
  }
  return value;
}
