const KINDS = [
  /^(UD-)?I?Q[1-8]_(0|1|K|NL|XXS|XS|S|M|L|XL)(_(XXS|XS|S|M|L|XL))*$/,
  /^(UD-)?TQ[12]_0$/,
  /^(B?F16|F32)$/,
  /^(MXFP4|NVFP4)(_MOE)?$/,
];

/** The usual spelling of a quantization's name (`q4_k_m` -> `Q4_K_M`, `fp16` -> `F16`), or undefined when it is none. */
export function quantName(text: string): string | undefined {
  const upper = text.toUpperCase().replace(/^FP(16|32)$/, "F$1");
  return KINDS.some((kind) => kind.test(upper)) ? upper : undefined;
}
