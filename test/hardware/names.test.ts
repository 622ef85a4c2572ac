import { describe, expect, it } from "vitest";
import { GiB } from "../../src/core/units.js";
import { findGpu, identifyGpu, searchGpus } from "../../src/hardware/catalog.js";

/**
 * What people type, and what it means: an id, several ids (`a | b`, honestly ambiguous), an id with the
 * RAM that the name brings (`id @128`), or `-` where no GPU has that name.
 */
const TYPED = `
4090                          rtx-4090
rtx4090                       rtx-4090
RTX 4090                      rtx-4090
rtx-4090                      rtx-4090
rtx_4090                      rtx-4090
GeForce RTX 4090              rtx-4090
NVIDIA GeForce RTX 4090       rtx-4090
nvidia 4090                   rtx-4090
RTX 4090 24GB                 rtx-4090
4090 24 gb                    rtx-4090
4090 24                       rtx-4090
4090 48gb                     rtx-4090-48gb
4090d                         rtx-4090-d
RTX 4090 D                    rtx-4090-d
RTX 4090 Laptop               rtx-4090-laptop
4090 laptop gpu               rtx-4090-laptop
rtx 4090 mobile               rtx-4090-laptop
4090m                         rtx-4090-laptop
laptop 4090                   rtx-4090-laptop
NVIDIA GeForce RTX 4090 Laptop GPU   rtx-4090-laptop
rtx 5090                      rtx-5090
5090d                         rtx-5090-d
5090 d v2                     rtx-5090-d-v2
5080                          rtx-5080
5070ti                        rtx-5070-ti
5070 ti laptop                rtx-5070-ti-laptop
5060 ti                       rtx-5060-ti-8gb | rtx-5060-ti-16gb
5060ti 16gb                   rtx-5060-ti-16gb
5060                          rtx-5060
4080 super                    rtx-4080-super
4080s                         rtx-4080-super
4080                          rtx-4080
4070 ti super                 rtx-4070-ti-super
4070tis                       rtx-4070-ti-super
4070TiSuper                   rtx-4070-ti-super
4070ti                        rtx-4070-ti
4070                          rtx-4070
4060 ti                       rtx-4060-ti-8gb | rtx-4060-ti-16gb
4060ti 16g                    rtx-4060-ti-16gb
4060 Ti 8GB                   rtx-4060-ti-8gb
4060                          rtx-4060
4050 laptop                   rtx-4050-laptop
4050                          -
3090                          rtx-3090
3090ti                        rtx-3090-ti
rtx 3090 12gb                 -
3080                          rtx-3080
3080 10gb                     rtx-3080
3080 12gb                     rtx-3080-12gb
3080 ti                       rtx-3080-ti
3060                          rtx-3060-8gb | rtx-3060-12gb
rtx 3060 12gb                 rtx-3060-12gb
3060-12gb                     rtx-3060-12gb
3060 ti                       rtx-3060-ti
3060 laptop                   rtx-3060-laptop
3080 laptop                   rtx-3080-laptop-8gb | rtx-3080-laptop-16gb
3080 laptop 16gb              rtx-3080-laptop-16gb
3050                          rtx-3050-6gb | rtx-3050-8gb
2080ti                        rtx-2080-ti
2080 ti 22gb                  rtx-2080-ti-22gb
2080 max-q                    rtx-2080-max-q
2070 super                    rtx-2070-super
2060                          rtx-2060
2060 12gb                     rtx-2060-12gb
1080 ti                       gtx-1080-ti
gtx1080ti                     gtx-1080-ti
gtx 1070                      gtx-1070
1060                          gtx-1060-3gb | gtx-1060-6gb
1060 6gb                      gtx-1060-6gb
1660 super                    gtx-1660-super
1660s                         gtx-1660-super
gtx 1650                      gtx-1650
gtx 4090                      -
rtx 4095                      -
titan rtx                     titan-rtx
titan v                       titan-v
titan xp                      titan-xp
titan x                       titan-x-pascal
titan                         -
a1000                         rtx-a1000
a100                          a100-pcie-40gb | a100-pcie-80gb | a100-sxm4-40gb | a100-sxm4-80gb
a100 80gb                     a100-pcie-80gb
a100 40                       a100-pcie-40gb
a100 sxm 80gb                 a100-sxm4-80gb
A100-SXM4-80GB                a100-sxm4-80gb
a100 pcie 40gb                a100-pcie-40gb
a10                           a10
a10g                          a10g
a16                           a16
a2                            a2
a2000                         rtx-a2000
rtx a2000 12gb                rtx-a2000-12gb
a4000                         rtx-a4000
a5000                         rtx-a5000
a6000                         rtx-a6000
rtxa6000                      rtx-a6000
6000 ada                      rtx-6000-ada
rtx 6000 ada generation       rtx-6000-ada
rtx 6000                      quadro-rtx-6000 | rtx-6000-ada | rtx-pro-6000
quadro rtx 6000               quadro-rtx-6000
rtx pro 6000                  rtx-pro-6000
pro 6000 blackwell            rtx-pro-6000
rtx 6000 pro                  rtx-pro-6000
pro 6000 max-q                rtx-pro-6000-max-q
rtx 4000 sff ada              rtx-4000-sff-ada
l4                            l4
l40                           l40
l40s                          l40s
t4                            t4
tesla t4                      t4
p40                           p40
tesla p100                    p100-pcie-16gb
v100                          v100-pcie-16gb | v100-pcie-32gb | v100-sxm2-16gb | v100-sxm2-32gb
v100 32gb                     v100-pcie-32gb
k80                           k80
h100                          h100-nvl | h100-pcie | h100-sxm
h100 80gb                     h100-pcie
h100 sxm                      h100-sxm
h100 nvl                      h100-nvl
h200                          h200-sxm
b200                          b200
gh200                         gh200-96gb | gh200-144gb
gb10                          gb10
dgx spark                     gb10
jetson thor                   jetson-t5000
orin nano super               jetson-orin-nano-super
orin nx                       jetson-orin-nx-16gb
agx orin 64gb                 jetson-agx-orin-64gb
7900xtx                       rx-7900-xtx
7900 xtx                      rx-7900-xtx
RX7900XTX                     rx-7900-xtx
AMD Radeon RX 7900 XTX        rx-7900-xtx
7900xt                        rx-7900-xt
7900 gre                      rx-7900-gre
7900m                         rx-7900m
9070xt                        rx-9070-xt
9070                          rx-9070
9060 xt 16gb                  rx-9060-xt-16gb
6800                          rx-6800
6800xt                        rx-6800-xt
6800m                         rx-6800m
6700 xt                       rx-6700-xt
rx580                         rx-580
vega 64                       rx-vega-64
radeon vii                    radeon-vii
nvidia 7900 xtx               -
amd 4090                      -
w7900                         pro-w7900
radeon pro w7800 48gb         pro-w7800-48gb
r9700                         ai-pro-r9700
mi50                          mi50
mi50 32gb                     mi50-32gb
mi 100                        mi100
instinct mi300x               mi300x
mi250                         mi250
strix halo 128gb              radeon-8060s @128
strixhalo 64gb                radeon-8060s @64
strix halo                    radeon-8060s @-
ryzen ai max+ 395 128gb       radeon-8060s @128
8060s 96gb                    radeon-8060s @96
780m 32gb                     radeon-780m @32
890m                          radeon-890m @-
arc a770                      arc-a770-8gb | arc-a770-16gb
a770 16gb                     arc-a770-16gb
b580                          arc-b580
intel arc b580                arc-b580
arc pro b60                   arc-pro-b60
arc 140v 32gb                 arc-140v @32
flex 170                      data-center-flex-170
m1                            m1-8gb | m1-16gb
m1 8gb                        m1-8gb
m2 ultra 192gb                m2-ultra-192gb
m3 max 64gb                   m3-max-40core-64gb
m3 max 64                     m3-max-40core-64gb
m3max 128gb                   m3-max-40core-128gb
m3 max 36gb                   m3-max-30core-36gb
m3 max 30 core 96gb           m3-max-30core-96gb
m4 pro 48gb                   m4-pro-48gb
Apple M4 Max 128GB            m4-max-40core-128gb
macbook pro m3 pro 36gb       m3-pro-36gb
mac studio m3 ultra 512gb     m3-ultra-512gb
m4 pro 40gb                   -
x elite 32gb                  adreno-x1-85 @32
rtx                           -
nvidia                        -
gpu                           -
4                             -
nonsense                      -
-5                            -
`
  .trim()
  .split("\n")
  .map((line) => line.split(/\s{2,}/) as [string, string]);

function meaning(typed: string): string {
  const match = findGpu(typed);
  if (match.kind === "none") return "-";
  if (match.kind === "ambiguous") return match.choices.map((gpu) => gpu.id).join(" | ");
  const { id, memoryBytes, sharedFraction } = match.gpu;
  return sharedFraction === undefined ? id : `${id} @${memoryBytes === undefined ? "-" : memoryBytes / GiB}`;
}

describe("names people type", () => {
  it("are at least 150", () => {
    expect(TYPED.length).toBeGreaterThanOrEqual(150);
  });

  it.each(TYPED)("%s -> %s", (typed, wanted) => {
    expect(meaning(typed)).toBe(wanted);
  });

  it("says which other sockets a name also fits", () => {
    expect(findGpu("a100 80gb")).toMatchObject({ kind: "match", alike: [{ id: "a100-sxm4-80gb" }] });
  });

  it.each([
    ["rtx 4095", "rtx-4090"],
    ["gtx 4090", "rtx-4090"],
    ["rtx 3090 12gb", "rtx-3090"],
    ["titann v", "titan-v"],
    ["nvidia 7900 xtx", "rx-7900-xtx"],
  ])("suggests for %s first %s, and at most five", (typed, first) => {
    const match = findGpu(typed);
    const suggestions = match.kind === "none" ? match.suggestions.map((gpu) => gpu.id) : [];
    expect(suggestions[0]).toBe(first);
    expect(suggestions.length).toBeLessThanOrEqual(5);
  });

  it("suggests nothing where nothing is near", () => {
    expect(findGpu("nonsense")).toEqual({ kind: "none", suggestions: [] });
    expect(findGpu("x".repeat(5000))).toEqual({ kind: "none", suggestions: [] });
  });
});

describe("names drivers give", () => {
  it.each([
    ["NVIDIA GeForce RTX 3060", 12288, "rtx-3060-12gb"],
    ["NVIDIA GeForce RTX 3060", 8192, "rtx-3060-8gb"],
    ["NVIDIA GeForce RTX 4090", 24564, "rtx-4090"],
    ["NVIDIA GeForce RTX 4090", 49140, "rtx-4090-48gb"],
    ["NVIDIA GeForce RTX 4060 Ti", 16380, "rtx-4060-ti-16gb"],
    ["NVIDIA GeForce RTX 5070 Laptop GPU", 8151, "rtx-5070-laptop"],
    ["NVIDIA GeForce RTX 5070 ...", 12227, undefined],
    ["NVIDIA A100-SXM4-80GB", 81920, "a100-sxm4-80gb"],
    ["NVIDIA A100 80GB PCIe", 81920, "a100-pcie-80gb"],
    ["NVIDIA A100-PCIE-40GB", 40960, "a100-pcie-40gb"],
    ["NVIDIA H100 80GB HBM3", 81559, "h100-sxm"],
    ["NVIDIA H100 PCIe", 81559, "h100-pcie"],
    ["NVIDIA H200", 143771, "h200-sxm"],
    ["NVIDIA GH200 480GB", 97871, "gh200-96gb"],
    ["NVIDIA RTX PRO 6000 Blackwell Workstation Edition", 97887, "rtx-pro-6000"],
    ["Tesla V100-SXM2-32GB", 32768, "v100-sxm2-32gb"],
    ["NVIDIA GeForce RTX 3080 Laptop GPU", 16384, "rtx-3080-laptop-16gb"],
    ["NVIDIA Jetson AGX Orin", 62800, "jetson-agx-orin-64gb"],
    ["Quadro P400", 1998, undefined],
    ["AMD Radeon Graphics", 32752, undefined],
    ["AMD Instinct MI60 / MI50", 16368, "mi50"],
    ["Arcturus GL-XL [Instinct MI100]", 32752, "mi100"],
    ["Navi 31 [Radeon RX 7900 XT/7900 XTX/7900M]", 24560, "rx-7900-xtx"],
    ["Navi 22 [Radeon RX 6700/6700 XT / 6800M]", 12272, undefined],
    ["Intel(R) Arc(TM) B580 Graphics", 12216, "arc-b580"],
    ["Apple M4 Max", 65536, "m4-max-40core-64gb"],
    ["Apple M4 Max", 36864, "m4-max-32core-36gb"],
  ])("%s with %d MiB is %s", (name, mib, id) => {
    expect(identifyGpu(name, mib * 1024 ** 2)?.id).toBe(id);
  });
});

describe("the search", () => {
  it.each([
    ["4090", ["rtx-4090", "rtx-4090-48gb", "rtx-4090-d", "rtx-4090-d-48gb", "rtx-4090-laptop"]],
    ["mi50", ["mi50", "mi50-32gb"]],
    ["h100", ["h100-nvl", "h100-pcie", "h100-sxm"]],
    ["m3 max 64gb", ["m3-max-40core-64gb"]],
    ["nothing like it", []],
  ])("for %s", (words, ids) => {
    expect(searchGpus(words).map((gpu) => gpu.id)).toEqual(ids);
  });

  it("without words lists all, with a maker's name only theirs", () => {
    expect(searchGpus("").length).toBeGreaterThan(250);
    expect(new Set(searchGpus("intel").map((gpu) => gpu.vendor))).toEqual(new Set(["intel"]));
  });
});
