import type { Layer } from "../../core/cache.js";
import { elements, type Tensor } from "../../core/graph/tensor.js";
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

/** The states the batch's sequences start from, and those it leaves as they are: none in the largest batch. */
function stateIds(b: GraphBuilder): { main: Tensor; extra: Tensor } {
  const ids = b.namedInput("states", "i32", b.sequences);
  return {
    main: b.once("states main", () => b.view(ids, [b.sequences])),
    extra: b.once("states extra", () => b.view(ids, [0], [], b.sequences * 4)),
  };
}

/**
 * What the batch's sequences kept of earlier tokens (`build_rs`).
 * @param memory [width, sequences]
 * @param read what takes the states from memory by their ids: a lookup of rows unless given
 */
export function recurrentState(
  b: GraphBuilder,
  memory: Tensor,
  read?: (states: Tensor, ids: Tensor) => Tensor,
): Tensor {
  const [width, count] = memory.ne;
  const { main, extra } = stateIds(b);
  const states = b.reshape(memory, width, count);
  b.expand(b.scaleInPlace(b.view(states, [width])));
  const found = read ? read(states, main) : b.getRows(states, main);
  b.expand(found);
  b.expand(b.cpy(b.getRows(states, extra), b.view(memory, [width, 0], [memory.nb[1]])));
  return found;
}

/** Keeps `values` for the next batch in a part of a state that begins `offset` elements into it. */
export function keepState(b: GraphBuilder, values: Tensor, memory: Tensor, offset = 0): void {
  const width = elements(values) / b.sequences;
  b.expand(b.cpy(values, b.view(memory, [width, b.sequences], [memory.nb[1]], offset * 4)));
}

/**
 * Puts the columns kept from the previous batch in front of `x` [tokens, channels, sequences] and keeps the
 * last ones for the next: what a convolution over time works on.
 */
export function continued(b: GraphBuilder, il: number, x: Tensor): Tensor {
  const [memory] = b.cacheTensors(il, "recurrent") as [Tensor, Tensor];
  const columns = memory.ne[0] / x.ne[1];
  const before = b.reshape(recurrentState(b, memory), columns, x.ne[1], b.sequences);
  const joined = b.concat(before, x, 0);
  const last = [columns, x.ne[1], b.sequences];
  keepState(b, b.view(joined, last, [joined.nb[1], joined.nb[2]], x.ne[0] * 4), memory);
  return joined;
}
