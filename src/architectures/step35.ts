import type { Architecture } from "../core/architecture.js";
import type { Tensor } from "../core/graph/tensor.js";
import type { GraphBuilder } from "../core/graph-builder.js";
import type { Hyperparameters } from "../core/hyperparameters.js";
import { attention, normHeads, projectOutput, projectQkv, rotate } from "./blocks/attention.js";
import { blockNorm, finish } from "./blocks/decoder.js";
import { expertsOrDense, statedRouting } from "./blocks/experts.js";
import { headGeometry, inventoryOf } from "./blocks/inventory.js";
import { attentionLayers, runningBlocks, slidingPattern } from "./blocks/layers.js";

/** Every head's result is weighed by a gate of its own. */
function headGatedAttention(b: GraphBuilder, il: number, x: Tensor): Tensor {
  const factors = b.isSliding(il) ? undefined : b.contextRopeFactors(il);
  const parts = rotate(b, normHeads(b, il, projectQkv(b, il, x)), factors);
  const found = attention(b, il, parts, { project: false });
  const gateWeight = b.layer(il, "attn_gate.weight");
  if (!gateWeight) return projectOutput(b, il, found);
  const [length, heads] = [b.valueLength(il), b.headCount(il)];
  const gate = b.reshape(b.unary(b.linear(gateWeight, x)), 1, heads, b.tokens);
  const weighed = b.mul(b.reshape(found, length, heads, b.tokens), gate);
  return projectOutput(b, il, b.reshape(weighed, length * heads, b.tokens));
}

function hasExperts(hp: Hyperparameters, il: number): boolean {
  const first = hp.number("leading_dense_block_count", 0);
  return il >= first && (il - first) % hp.number("moe_every_n_layers", 1) === 0 && il < runningBlocks(hp);
}

/** Step 3.5 Flash: blocks with a window have more heads, some blocks limit their activations (models/step35.cpp). */
export const step35: Architecture = {
  id: "step35",
  tensors: (hp) =>
    inventoryOf(hp, (inventory, il) => {
      inventory.norm(il, "attn_norm");
      inventory.attention(il, { headNorms: true });
      inventory.layer(il, "attn_gate.weight", inventory.embedding, headGeometry(hp, il).heads);
      inventory.norm(il, "ffn_norm");
      if (hasExperts(hp, il)) {
        inventory.experts(il, hp.number("expert_feed_forward_length"));
        inventory.sharedExpert(il, hp.number("expert_shared_feed_forward_length"));
      } else {
        inventory.feedForward(il);
      }
      if (il >= runningBlocks(hp)) inventory.nextTokenHead(il);
    }),
  // llama.cpp skips only what every such block must have
  loadsUnused: (name) => /_gate|_q_norm|_k_norm|\.ffn_(up|down)|exp_probs|embed_tokens|shared_head/.test(name),
  layers: (hp) =>
    attentionLayers(hp, slidingPattern(hp, 1)).map((layer, il) => {
      const limits = [hp.numberAt("swiglu_clamp_exp", il, 0), hp.numberAt("swiglu_clamp_shexp", il, 0)];
      return limits.some((limit) => limit > 0) ? { ...layer, variant: `limited ${limits.join(" ")}` } : layer;
    }),
  graph(b) {
    let x = b.tokenEmbeddings();
    for (const il of b.blocks) {
      const attended = headGatedAttention(b, il, blockNorm(b, il, "attn_norm", x));
      const residual = b.add(attended, x);
      const normed = blockNorm(b, il, "ffn_norm", residual);
      x = b.add(expertsOrDense(b, il, normed, statedRouting(b.hp, "sigmoid")), residual);
    }
    // all tokens pass the last block and stay; the next-token predictor may want them
    x.output = true;
    finish(b, b.getRows(x, b.outputIds()));
  },
};
