import type { Tensor } from "../../core/graph/tensor.js";
import type { GraphBuilder } from "../../core/graph-builder.js";
import type { Hyperparameters } from "../../core/hyperparameters.js";
import { feedForward, limited, SHARED_EXPERT } from "./feed-forward.js";

export type Gating = "softmax" | "sigmoid" | "after" | "sqrt-softplus";

export interface ExpertOptions {
  /** What turns router logits into probabilities; `after` applies softmax to the chosen ones only. */
  readonly gating?: Gating;
  /** The chosen weights are normalised to one. */
  readonly normalise?: boolean;
  /** The weights are multiplied by a constant other than one: by default where the file names one. */
  readonly scaled?: boolean;
  readonly activation?: "glu" | "plain" | "squared";
  /** Llama 4 weighs the input of the experts instead of their output, and selects by the raw logits. */
  readonly weighInput?: boolean;
  /** Router logits computed elsewhere. */
  readonly logits?: Tensor;
}

/** Router, chosen experts and their weighted sum (`build_moe_ffn`). `x` is [embedding, tokens]. */
export function experts(b: GraphBuilder, il: number, x: Tensor, options: ExpertOptions = {}): Tensor {
  const { gating = "softmax", normalise = false, activation = "glu", weighInput = false } = options;
  const scale = b.hp.number("expert_weights_scale", 0);
  const scaled = options.scaled ?? (scale !== 0 && scale !== 1);
  const count = b.hp.number("expert_count");
  const used = b.hp.number("expert_used_count");
  const [width, tokens] = [x.ne[0], x.ne[1]];

  let logits = options.logits ?? b.linear(b.needLayer(il, "ffn_gate_inp.weight"), x);
  logits = b.bias(logits, b.layer(il, "ffn_gate_inp.bias"));
  let probabilities = logits;
  if (gating === "softmax") probabilities = b.softMax(logits);
  else if (gating === "sigmoid") probabilities = b.unary(logits);
  else if (gating === "sqrt-softplus") probabilities = b.sqrt(b.unary(logits));

  const correction = b.layer(il, "exp_probs_b.bias");
  let selection = correction ? b.add(probabilities, correction) : probabilities;
  if (weighInput) selection = logits;
  const groups = b.hp.number("expert_group_count", 1);
  if (groups > 1) selection = maskGroups(b, selection, count, groups, tokens);

  const chosen = b.topK(selection, used);
  probabilities = b.reshape(probabilities, 1, count, tokens);
  let weights = b.getRows(probabilities, chosen);
  if (gating === "after") {
    weights = b.softMax(b.reshape(weights, used, tokens));
    weights = b.reshape(weights, 1, used, tokens);
  }
  if (normalise) {
    weights = b.reshape(weights, used, tokens);
    weights = b.div(weights, b.clamp(b.sumRows(weights)));
    weights = b.reshape(weights, 1, used, tokens);
  }
  if (scaled) weights = b.scale(weights);
  b.expand(weights);

  let input = b.reshape(x, width, 1, tokens);
  if (weighInput) input = b.mul(b.repeat(input, width, used, tokens, 1), weights);

  const hidden = expertHidden(b, il, input, chosen, activation);
  let out = expertProduct(b, il, "ffn_down_exps", hidden, chosen);
  const downBias = b.layer(il, "ffn_down_exps.bias");
  if (downBias) out = b.addId(out, downBias, chosen);
  if (!weighInput) out = b.mul(out, weights);
  b.expand(out);
  return sumExperts(b, out, used);
}

/** One expert's feed-forward length: stated, or the dense one's divided among the chosen (`n_ff_exp`). */
export function expertWidth(hp: Hyperparameters): number {
  const stated = hp.number("expert_feed_forward_length", 0);
  return stated > 0 ? stated : hp.number("feed_forward_length") / hp.number("expert_used_count");
}

/** What the file says of gating and weights (`expert_gating_func`, `expert_weights_norm`). */
export function statedRouting(hp: Hyperparameters, fallback: Gating): Pick<ExpertOptions, "gating" | "normalise"> {
  const stated = ([undefined, "softmax", "sigmoid", "after", "sqrt-softplus"] as const)[
    hp.number("expert_gating_func", 0)
  ];
  return { gating: stated ?? fallback, normalise: hp.flag("expert_weights_norm") };
}

/** Routed experts and, where the block has one, the expert every token passes. */
export function sharedAndRoutedExperts(b: GraphBuilder, il: number, x: Tensor, options: ExpertOptions = {}): Tensor {
  const routed = experts(b, il, x, options);
  return b.layer(il, "ffn_up_shexp.weight") ? b.add(routed, feedForward(b, il, x, "glu", SHARED_EXPERT)) : routed;
}

/** Experts where the block has a router, else a dense feed-forward. */
export function expertsOrDense(b: GraphBuilder, il: number, x: Tensor, options: ExpertOptions = {}): Tensor {
  return b.layer(il, "ffn_gate_inp.weight") ? sharedAndRoutedExperts(b, il, x, options) : feedForward(b, il, x);
}

/** Only the experts of the best groups stay selectable (DeepSeek V3). */
function maskGroups(b: GraphBuilder, selection: Tensor, count: number, groups: number, tokens: number): Tensor {
  const size = count / groups;
  const keep = b.hp.number("expert_group_used_count", 1);
  const grouped = b.reshape(selection, size, groups, tokens);
  const best = b.topK(grouped, 2);
  let scores = b.getRows(b.reshape(grouped, 1, size, groups, tokens), best);
  scores = b.sumRows(b.reshape(scores, scores.ne[1], scores.ne[2], scores.ne[3]));
  scores = b.reshape(scores, scores.ne[1], scores.ne[2]);
  const chosen = b.topK(scores, keep);
  const kept = b.getRows(grouped, chosen);
  return b.reshape(b.setRows(b.fill(grouped), kept, chosen), count, tokens);
}

/** A product with the chosen experts' matrices and, where the file has one, each expert's scale (`build_lora_mm_id`). */
function expertProduct(b: GraphBuilder, il: number, name: string, x: Tensor, chosen: Tensor): Tensor {
  const product = b.mulMatId(b.needLayer(il, `${name}.weight`), x, chosen);
  const scale = b.layer(il, `${name}.scale`);
  if (!scale) return product;
  const count = scale.ne[0];
  const repeated = b.repeat(b.reshape(scale, 1, count, 1), 1, count, x.ne[2], 1);
  return b.mul(product, b.getRows(repeated, chosen));
}

function expertHidden(
  b: GraphBuilder,
  il: number,
  x: Tensor,
  chosen: Tensor,
  activation: NonNullable<ExpertOptions["activation"]>,
): Tensor {
  const biased = (t: Tensor, name: string) => {
    const bias = b.layer(il, `${name}.bias`);
    return bias ? b.addId(t, bias, chosen) : t;
  };
  if (b.layer(il, "ffn_gate_up_exps.weight")) {
    const both = biased(expertProduct(b, il, "ffn_gate_up_exps", x, chosen), "ffn_gate_up_exps");
    const half = both.ne[0] / 2;
    const part = (offset: number) => b.view(both, [half, both.ne[1], both.ne[2]], [both.nb[1], both.nb[2]], offset * 4);
    return b.gluSplit(part(0), part(half));
  }
  const up = biased(expertProduct(b, il, "ffn_up_exps", x, chosen), "ffn_up_exps");
  if (b.layer(il, "ffn_gate_exps.weight")) {
    const gate = biased(expertProduct(b, il, "ffn_gate_exps", x, chosen), "ffn_gate_exps");
    return limited(b, b.hp.numberAt("swiglu_clamp_exp", il, 0), gate, up);
  }
  const hidden = b.unary(up);
  return activation === "squared" ? b.sqr(hidden) : hidden;
}

/** Adds the experts' results one by one; all views come before the first sum. */
function sumExperts(b: GraphBuilder, out: Tensor, used: number): Tensor {
  const views = Array.from({ length: used }, (_, i) => {
    const view = b.view(out, [out.ne[0], out.ne[2]], [out.nb[2]], i * out.nb[1]);
    b.expand(view);
    return view;
  });
  let sum = views[0] as Tensor;
  for (const view of views.slice(1)) {
    sum = b.add(sum, view);
    b.expand(sum);
  }
  return used === 1 ? b.cont(sum) : sum;
}
