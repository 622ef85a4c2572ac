import type { Tensor } from "../../core/graph/tensor.js";
import type { GraphBuilder } from "../../core/graph-builder.js";

/** How the hidden values are activated; `squared` is relu then square. */
export type Activation = "glu" | "plain" | "squared" | "fused-glu";

export interface FeedForwardNames {
  readonly up: string;
  readonly gate: string;
  readonly down: string;
}

const DENSE: FeedForwardNames = { up: "ffn_up", gate: "ffn_gate", down: "ffn_down" };
export const SHARED_EXPERT: FeedForwardNames = { up: "ffn_up_shexp", gate: "ffn_gate_shexp", down: "ffn_down_shexp" };

/**
 * Up, gate, activation, down (`build_ffn`). With a gate its activation joins both halves in one
 * operation; `fused-glu` has both halves in one matrix.
 */
export function feedForward(
  b: GraphBuilder,
  il: number,
  x: Tensor,
  activation: Activation = "glu",
  names: FeedForwardNames = DENSE,
): Tensor {
  const up = b.bias(b.linear(b.needLayer(il, `${names.up}.weight`), x), b.layer(il, `${names.up}.bias`));
  const gateWeight = b.layer(il, `${names.gate}.weight`);
  let hidden = up;
  if (gateWeight && activation === "glu") {
    const gate = b.bias(b.linear(gateWeight, x), b.layer(il, `${names.gate}.bias`));
    hidden = limited(b, b.hp.numberAt("swiglu_clamp_shexp", il, 0), gate, up);
  } else if (activation === "fused-glu") {
    hidden = b.glu(up);
  } else {
    hidden = b.unary(up);
    if (activation === "squared") hidden = b.sqr(hidden);
  }
  return b.bias(b.linear(b.needLayer(il, `${names.down}.weight`), hidden), b.layer(il, `${names.down}.bias`));
}

/** Gate and up joined; where the file states a limit both are clamped first, so the operation is taken apart. */
export function limited(b: GraphBuilder, limit: number, gate: Tensor, up: Tensor): Tensor {
  if (limit <= 1e-6) return b.gluSplit(gate, up);
  const bounded = b.clamp(up);
  return b.mul(b.clamp(b.unary(gate)), bounded);
}
