import { isQuantized, rowBytes } from "../ggml.js";
import { padTo } from "../units.js";
import type { BufferRules } from "./allocator.js";
import type { Backend } from "./scheduler.js";
import { byteSize, elements, isContiguous, rows, type Tensor } from "./tensor.js";

/** Source of everything here: ggml-cuda.cu and fattn.cu, compute capability 8.9. */

/** `MATRIX_ROW_PADDING`: quantized kernels read whole rows of this many elements. */
const ROW_PADDING = 512;
/** `ggml_backend_cuda_buffer_type_get_alignment`. */
export const CUDA_ALIGNMENT = 128;
/** `TENSOR_ALIGNMENT` of the CPU buffer type, which the pinned host buffer inherits. */
export const HOST_ALIGNMENT = 32;
/** `op_offload_min_batch_size`: smaller batches are computed where their weights lie. */
export const OFFLOAD_MIN_BATCH = 32;
/** `FATTN_KQ_STRIDE`. */
const FLASH_STRIDE = 256;

const FLASH_HEAD_SIZES = new Set([40, 64, 72, 80, 96, 112, 128, 256]);

/** True when CUDA has a flash attention kernel for these shapes (`ggml_cuda_get_best_fattn_kernel`). */
export function flashAttentionSupported(
  keyLength: number,
  valueLength: number,
  groupSize: number,
  cells: number,
): boolean {
  const grouped = groupSize >= 2 && cells % FLASH_STRIDE === 0;
  if (FLASH_HEAD_SIZES.has(keyLength)) return valueLength === keyLength;
  if (keyLength === 192) return valueLength === 128 && grouped && groupSize % 8 === 0;
  if (keyLength === 320) return valueLength === 256 && grouped && groupSize % 32 === 0;
  if (keyLength === 512) return valueLength === 512 && grouped;
  if (keyLength === 576) return valueLength === 512 && grouped;
  return false;
}

/** Bytes CUDA sets aside for a weight or a cache tensor: quantized rows end on a multiple of 512 elements. */
export function cudaTensorBytes(type: Tensor["type"], rowLength: number, bytes: number): number {
  const rest = rowLength % ROW_PADDING;
  return isQuantized(type) && rest !== 0 ? bytes + rowBytes(type, ROW_PADDING - rest) : bytes;
}

/** True when few queries are computed by the kernel that reads a quantized cache as it is (`BEST_FATTN_KERNEL_VEC`). */
function usesVectorKernel(q: Tensor, k: Tensor, v: Tensor): boolean {
  const [length, queries, heads, streams] = q.ne;
  const cells = k.ne[1];
  if (length > 256 || length % 64 !== 0 || length === 192 || cells % FLASH_STRIDE !== 0) return false;
  if (isQuantized(k.type) || isQuantized(v.type)) return queries <= 2;
  const group = heads / k.ne[2];
  return queries === 1 && (group < 2 || (streams === 1 && !(group > 4 && cells >= 8192)));
}

/** Flash attention keeps F16 copies of any other K and V behind its result (`ggml_cuda_flash_attn_ext_get_alloc_size`). */
function flashAttentionBytes(t: Tensor): number {
  const [q, k, v] = t.src as [Tensor, Tensor, Tensor];
  const reads = usesVectorKernel(q, k, v) ? (x: Tensor) => x.type !== "f32" : (x: Tensor) => x.type === "f16";
  const sharesMemory = v.viewSrc !== undefined && v.viewSrc === (k.viewSrc ?? k) && v.viewOffset === k.viewOffset;
  let end = byteSize(t);
  if (!reads(k)) end = padTo(end, 128) + elements(k) * 2;
  if (!reads(v) && !sharesMemory) end = padTo(end, 128) + elements(v) * 2;
  return end;
}

export const cudaBuffer: BufferRules = {
  alignment: CUDA_ALIGNMENT,
  allocationBytes(t) {
    const bytes = t.op === "flash_attn_ext" ? flashAttentionBytes(t) : byteSize(t);
    return cudaTensorBytes(t.type, t.ne[0], bytes);
  },
};

export const hostBuffer: BufferRules = { alignment: HOST_ALIGNMENT, allocationBytes: byteSize };

function batchSize(t: Tensor): number {
  switch (t.op) {
    case "get_rows":
      return 0;
    case "mul_mat":
      return t.ne[1];
    case "mul_mat_id":
    case "rope":
      return t.ne[2];
    default:
      return rows(t);
  }
}

/** `ggml_backend_cuda_device_supports_op` for the GPU with this index. */
export function cudaBackend(index: number): Backend {
  return {
    supports(t) {
      // operands on another GPU
      for (const source of t.src) {
        const at = source.buffer?.backend;
        if (at !== undefined && at !== index && source.buffer?.gpu) return false;
      }
      return supportsOp(t);
    },
    offloads: (t) => batchSize(t) >= OFFLOAD_MIN_BATCH,
  };
}

/** The CPU runs everything. */
export const cpuBackend: Backend = { supports: () => true, offloads: () => false };

function supportsOp(t: Tensor): boolean {
  const a = t.src[0];
  if (!a) return true;
  const b = t.src[1];
  switch (t.op) {
    case "flash_attn_ext": {
      const [q, k, v] = t.src as [Tensor, Tensor, Tensor];
      return flashAttentionSupported(k.ne[0], v.ne[0], q.ne[2] / k.ne[2], k.ne[1]);
    }
    case "mul_mat":
    case "mul_mat_id":
      return !(b?.type === "f16" && a.type !== "f16") && a.type !== "tq1_0" && a.type !== "tq2_0";
    case "ssm_conv":
      return a.ne[1] % 128 === 0;
    case "ssm_scan":
      return (t.src[3] as Tensor).ne[0] === 1
        ? (a.ne[0] === 128 || a.ne[0] === 256) && a.ne[1] % 16 === 0
        : a.ne[0] === 16 && a.ne[1] === 1 && a.ne[2] % 128 === 0 && (t.src[4] as Tensor).ne[1] === 1;
    case "unary":
    case "sum_rows":
    case "mean":
      return isContiguous(a);
    case "glu":
      return isContiguous(a, 1);
    case "norm":
    case "rms_norm":
    case "l2_norm":
      return a.ne[0] === 1 || a.nb[0] === 4;
    case "rope":
      return isContiguous(a, 2);
    case "get_rows":
      return !((a.type === "iq4_nl" || a.type === "mxfp4") && a.ne[0] % 256 !== 0);
    default:
      return true;
  }
}
