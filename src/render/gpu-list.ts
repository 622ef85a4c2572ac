import type { Column } from "./columns.js";
import { gib, grouped, plain } from "./format.js";

/** What the list shows of a GPU. */
export interface ListedGpu {
  readonly id: string;
  readonly name: string;
  readonly memory: "discrete" | "unified";
  readonly memoryBytes?: number;
  readonly reportedBytes?: number;
  readonly bandwidthBytesPerSecond?: number;
  readonly release?: string;
}

export function gpuColumns(): Column<ListedGpu>[] {
  return [
    { head: ["GPU", ""], align: "left", priority: 100, cell: (gpu) => plain(gpu.id) },
    { head: ["Name", ""], align: "left", priority: 60, cell: (gpu) => plain(gpu.name) },
    {
      head: ["Memory", "GiB"],
      align: "right",
      priority: 90,
      cell: ({ reportedBytes, memoryBytes }) => {
        const bytes = reportedBytes ?? memoryBytes;
        return bytes === undefined ? "" : gib(bytes);
      },
    },
    {
      head: ["Bandwidth", "GB/s"],
      align: "right",
      priority: 70,
      cell: ({ bandwidthBytesPerSecond: bandwidth }) =>
        bandwidth === undefined ? "" : grouped(Math.round(bandwidth / 1e9)),
    },
    { head: ["Kind", ""], align: "left", priority: 30, cell: (gpu) => gpu.memory },
    { head: ["Released", ""], align: "left", priority: 40, cell: (gpu) => gpu.release ?? "" },
  ];
}
