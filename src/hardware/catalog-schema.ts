import { z } from "zod";

const release = z.string().regex(/^\d{4}(?:-\d{2}(?:-\d{2})?)?$/);
const source = z.string().min(4);

/** A row of `data/gpus/*.json`. Used by tests and scripts only: starting up must not load zod. */
export const gpuRowSchema = z.strictObject({
  id: z.string().regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/),
  name: z.string().min(3).max(60),
  memoryGiB: z.union([z.int().positive(), z.array(z.int().positive()).min(1)]).optional(),
  reportedMiB: z.int().positive().optional(),
  bandwidthGBs: z.number().positive().max(30_000).optional(),
  unified: z.literal(true).optional(),
  laptop: z.literal(true).optional(),
  release: release.optional(),
  computeCapability: z
    .string()
    .regex(/^(?:\d{1,2}\.\d|gfx[0-9a-f]{3,4})$/)
    .optional(),
  priceUsd: z.int().positive().optional(),
  sharedFraction: z.number().positive().max(1).optional(),
  aliases: z.array(z.string().min(2)).min(1).optional(),
  source,
  memorySource: source.optional(),
  bandwidthSource: source.optional(),
  reportedSource: source.optional(),
  sharedSource: source.optional(),
});

export const gpuFileSchema = z.strictObject({
  vendor: z.enum(["nvidia", "amd", "intel", "apple", "qualcomm"]),
  words: z.array(z.string()).min(1).optional(),
  sources: z.record(z.string(), z.url()).optional(),
  priceSource: z.string().optional(),
  gpus: z.array(gpuRowSchema).min(1),
});
