import type { Layer } from "../../core/cache.js";
import type { Tensor } from "../../core/graph/tensor.js";
import type { GraphBuilder } from "../../core/graph-builder.js";
import type { Hyperparameters } from "../../core/hyperparameters.js";

/** Sizes of a state space layer (`ssm.*`). */
export interface StateSpace {
  /** Tokens the convolution looks at. */
  readonly kernel: number;
  readonly inner: number;
  readonly state: number;
  /** Heads, or in Mamba 1 the rank of the time step. */
  readonly timeStepRank: number;
  readonly groups: number;
  /** Channels that are convolved: what goes in, and B and C of every group. */
  readonly channels: number;
}

export function stateSpace(hp: Hyperparameters): StateSpace {
  const inner = hp.number("ssm.inner_size");
  const state = hp.number("ssm.state_size");
  const groups = hp.number("ssm.group_count", 0);
  return {
    kernel: hp.number("ssm.conv_kernel"),
    inner,
    state,
    timeStepRank: hp.number("ssm.time_step_rank"),
    groups,
    channels: inner + 2 * groups * state,
  };
}

/** A block keeps the last columns of its convolution and the state (`n_embd_r`, `n_embd_s`). */
export function recurrentLayer(hp: Hyperparameters): Layer {
  const { kernel, inner, state, channels } = stateSpace(hp);
  return {
    caches: [{ kind: "recurrent", convolutionWidth: (kernel - 1) * channels, stateWidth: state * inner }],
  };
}

/** Blocks without K and V heads are recurrent. */
export function isRecurrent(hp: Hyperparameters, il: number): boolean {
  return hp.numberAt("attention.head_count_kv", il) === 0;
}

/**
 * Puts the columns kept from the previous batch in front of `x` [tokens, channels, sequences] and keeps the
 * last ones for the next: what a convolution over time works on.
 */
export function continued(b: GraphBuilder, il: number, x: Tensor): Tensor {
  const [memory] = b.cacheTensors(il, "recurrent") as [Tensor, Tensor];
  const columns = memory.ne[0] / x.ne[1];
  const before = b.reshape(b.recurrentState(memory), columns, x.ne[1], b.sequences);
  const joined = b.concat(before, x, 0);
  const last = [columns, x.ne[1], b.sequences];
  b.keepState(b.view(joined, last, [joined.nb[1], joined.nb[2]], x.ne[0] * 4), memory);
  return joined;
}
