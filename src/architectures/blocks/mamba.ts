import type { Tensor } from "../../core/graph/tensor.js";
import { elements } from "../../core/graph/tensor.js";
import type { GraphBuilder } from "../../core/graph-builder.js";
import type { Inventory } from "./inventory.js";
import { continued, keepState, recurrentState, stateSpace } from "./recurrent.js";

/** Tensors of a Mamba 1 layer; `norms` are those of dt, B and C. */
export function mambaTensors(inventory: Inventory, il: number, options: { norms?: boolean } = {}): void {
  const { embedding, hp } = inventory;
  const { kernel, inner, state, timeStepRank } = stateSpace(hp);
  inventory.layer(il, "ssm_in.weight", embedding, 2 * inner);
  inventory.layer(il, "ssm_conv1d.weight", kernel, inner);
  inventory.layer(il, "ssm_conv1d.bias", inner);
  inventory.layer(il, "ssm_x.weight", inner, timeStepRank + 2 * state);
  inventory.layer(il, "ssm_dt.weight", timeStepRank, inner);
  inventory.layer(il, "ssm_dt.bias", inner);
  if (options.norms) {
    inventory.layer(il, "ssm_dt_norm.weight", timeStepRank);
    inventory.layer(il, "ssm_b_norm.weight", state);
    inventory.layer(il, "ssm_c_norm.weight", state);
  }
  inventory.layer(il, "ssm_a", state, inner);
  inventory.layer(il, "ssm_d", inner);
  inventory.layer(il, "ssm_out.weight", inner, embedding);
}

/** Tensors of a Mamba 2 layer. */
export function mamba2Tensors(inventory: Inventory, il: number, options: { norm?: boolean } = {}): void {
  const { embedding, hp } = inventory;
  const { kernel, inner, timeStepRank: heads, groups, channels } = stateSpace(hp);
  inventory.layer(il, "ssm_in.weight", embedding, inner + channels + heads);
  inventory.layer(il, "ssm_conv1d.weight", kernel, channels);
  inventory.layer(il, "ssm_conv1d.bias", channels);
  inventory.layer(il, "ssm_dt.bias", heads);
  inventory.layer(il, "ssm_a", 1, heads);
  inventory.layer(il, "ssm_d", 1, heads);
  if (options.norm !== false) inventory.layer(il, "ssm_norm.weight", ...normShape(inner, groups));
  inventory.layer(il, "ssm_out.weight", inner, embedding);
}

/** A single group's dimension is dropped, as in every file. */
function normShape(inner: number, groups: number): number[] {
  return groups === 1 ? [inner] : [inner / groups, groups];
}

/** Convolution, bias and activation of [channels, tokens, sequences]. */
function convolve(b: GraphBuilder, il: number, x: Tensor): Tensor {
  const joined = continued(b, il, b.transpose(x));
  const convolved = b.ssmConv(joined, b.needLayer(il, "ssm_conv1d.weight"));
  return b.unary(b.bias(convolved, b.layer(il, "ssm_conv1d.bias")));
}

interface ScanInputs {
  /** [head length, heads, tokens, sequences] */
  readonly x: Tensor;
  readonly dt: Tensor;
  /** [state, groups, tokens, sequences] */
  readonly inputs: Tensor;
  readonly outputs: Tensor;
}

/** Runs the recurrence over the batch and keeps the new states; the outputs come first in the result. */
function scan(b: GraphBuilder, il: number, { x, dt, inputs, outputs }: ScanInputs): Tensor {
  const [, memory] = b.cacheTensors(il, "recurrent") as [Tensor, Tensor];
  const [length, heads] = x.ne;
  const result = recurrentState(b, memory, (states, ids) => {
    const shaped = b.reshape(states, inputs.ne[0], length, heads, b.sequences);
    return b.ssmScan(shaped, x, dt, b.needLayer(il, "ssm_a"), inputs, outputs, ids);
  });
  keepState(b, b.view(result, [memory.ne[0] * b.sequences], [], elements(x) * 4), memory);
  return result;
}

/** A Mamba 1 layer (`build_mamba_layer`): [embedding, tokens] to the same. */
export function mamba(b: GraphBuilder, il: number, input: Tensor): Tensor {
  const { inner, state, timeStepRank } = stateSpace(b.hp);
  const [tokens, sequences] = [b.tokensPerSequence, b.sequences];

  const both = b.linear(b.needLayer(il, "ssm_in.weight"), b.reshape(input, input.ne[0], tokens, sequences));
  const half = (offset: number) => b.view(both, [inner, tokens, sequences], [both.nb[1], both.nb[2]], offset * 4);
  const x = convolve(b, il, half(0));

  const parts = b.linear(b.needLayer(il, "ssm_x.weight"), x);
  const { nb } = parts;
  const grouped = (offset: number) =>
    b.view(parts, [state, 1, tokens, sequences], [state * 4, nb[1], nb[2]], offset * 4);
  let dt = b.view(parts, [timeStepRank, tokens, sequences], [nb[1], nb[2]]);
  let inputs = grouped(timeStepRank);
  let outputs = grouped(timeStepRank + state);
  const dtNorm = b.layer(il, "ssm_dt_norm.weight");
  if (dtNorm || b.hp.flag("ssm.dt_b_c_rms")) {
    dt = b.norm(dt, dtNorm);
    inputs = b.norm(inputs, b.layer(il, "ssm_b_norm.weight"));
    outputs = b.norm(outputs, b.layer(il, "ssm_c_norm.weight"));
  }
  dt = b.add(b.linear(b.needLayer(il, "ssm_dt.weight"), dt), b.needLayer(il, "ssm_dt.bias"));

  const heads = b.reshape(x, 1, inner, tokens, sequences);
  const scanned = scan(b, il, { x: heads, dt, inputs, outputs });
  const y = b.view(scanned, [inner, tokens, sequences], [heads.nb[2], heads.nb[3]]);
  const skipped = b.add(y, b.mul(x, b.needLayer(il, "ssm_d")));
  const gated = b.gluSplit(b.cont(half(inner)), skipped);
  const out = b.linear(b.needLayer(il, "ssm_out.weight"), gated);
  return b.reshape(out, out.ne[0], b.tokens);
}

/** A Mamba 2 layer (`build_mamba2_layer`): [embedding, tokens] to the same. */
export function mamba2(b: GraphBuilder, il: number, input: Tensor): Tensor {
  const { inner, state, timeStepRank: heads, groups, channels } = stateSpace(b.hp);
  const [tokens, sequences] = [b.tokensPerSequence, b.sequences];
  const length = inner / heads;

  const all = b.linear(b.needLayer(il, "ssm_in.weight"), b.reshape(input, input.ne[0], tokens, sequences));
  const part = (width: number, offset: number) =>
    b.view(all, [width, tokens, sequences], [all.nb[1], all.nb[2]], offset * 4);
  const gate = b.view(all, [length, heads, tokens, sequences], [length * 4, all.nb[1], all.nb[2]]);
  const convolved = convolve(b, il, part(channels, inner));

  const { nb } = convolved;
  const grouped = (width: number, count: number, offset: number) =>
    b.view(convolved, [width, count, tokens, sequences], [width * 4, nb[1], nb[2]], offset * 4);
  const x = grouped(length, heads, 0);
  const dt = b.add(b.cont(part(heads, inner + channels)), b.needLayer(il, "ssm_dt.bias"));
  const inputs = grouped(state, groups, inner);
  const outputs = grouped(state, groups, inner + groups * state);

  const scanned = scan(b, il, { x, dt, inputs, outputs });
  const row = x.nb[1];
  let y = b.view(scanned, [length, heads, tokens, sequences], [row, heads * row, tokens * heads * row]);
  y = b.add(y, b.mul(x, b.needLayer(il, "ssm_d")));
  y = b.gluSplit(b.cont(gate), y);
  const norm = b.layer(il, "ssm_norm.weight");
  if (norm) y = b.norm(b.reshape(y, inner / groups, groups, tokens, sequences), norm);
  return b.linear(b.needLayer(il, "ssm_out.weight"), b.reshape(y, inner, b.tokens));
}
