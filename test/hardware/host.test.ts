import { describe, expect, it } from "vitest";
import { detectHost } from "../../src/hardware/host.js";
import { fakeFiles, GIB } from "./fakes.js";

const MEMINFO = {
  "/proc/meminfo": "MemTotal:       67108864 kB\nMemFree:         1000000 kB\nMemAvailable:   50331648 kB\n",
};

const host = (files: Record<string, string>) => detectHost(fakeFiles({ ...MEMINFO, ...files }), "linux");

describe("the RAM", () => {
  it("is what /proc/meminfo says", () => {
    expect(host({})).toEqual({ totalBytes: 64 * GIB, availableBytes: 48 * GIB });
  });

  it.each([
    [
      "its own group",
      { "/sys/fs/cgroup/app/memory.max": String(8 * GIB), "/sys/fs/cgroup/app/memory.current": String(3 * GIB) },
    ],
    [
      "a group above",
      {
        "/sys/fs/cgroup/app/memory.max": "max\n",
        "/sys/fs/cgroup/memory.max": `${8 * GIB}\n`,
        "/sys/fs/cgroup/memory.current": String(3 * GIB),
      },
    ],
  ])("of a container is bounded by %s (version 2)", (_, files) => {
    expect(host({ "/proc/self/cgroup": "0::/app\n", ...files })).toEqual({
      totalBytes: 8 * GIB,
      availableBytes: 5 * GIB,
    });
  });

  it("of a container is bounded by version 1 as well", () => {
    const files = {
      "/proc/self/cgroup": "12:cpu,cpuacct:/x\n7:memory:/docker/abc\n",
      "/sys/fs/cgroup/memory/memory.limit_in_bytes": String(16 * GIB),
      "/sys/fs/cgroup/memory/memory.usage_in_bytes": String(GIB),
    };
    expect(host(files)).toEqual({ totalBytes: 16 * GIB, availableBytes: 15 * GIB });
  });

  it.each(["max", "9223372036854771712", "", "abc", "-1"])("is not bounded by %o", (limit) => {
    expect(host({ "/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/memory.max": limit }).totalBytes).toBe(64 * GIB);
  });

  it("is known without any of these files", () => {
    expect(detectHost(fakeFiles({}), "linux").totalBytes).toBeGreaterThan(0);
  });
});
