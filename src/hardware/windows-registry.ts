/** A display adapter's entry in the registry. Entries outlive the cards they were made for. */
export interface RegistryAdapter {
  readonly name: string;
  /** `PCI\VEN_10DE&DEV_2684`, in capitals. */
  readonly matchingId: string;
  readonly bytes?: number;
}

/** A display adapter that Windows has now. */
export interface CimAdapter {
  readonly name: string;
  /** `PCI\VEN_10DE&DEV_2684&SUBSYS_…\…`, in capitals. */
  readonly pnpId: string;
  /** 32 bits only: anything from 4 GiB on is cut to just below it. */
  readonly adapterRamBytes?: number;
}

const CLASS_KEY = "HKLM:\\SYSTEM\\CurrentControlSet\\Control\\Class\\{4d36e968-e325-11ce-bfc1-08002be10318}\\[0-9]*";

/**
 * One PowerShell for both lists, one tagged line per adapter. `qwMemorySize` holds 64 bits; the older
 * `MemorySize` is a number that may be negative, or four bytes.
 */
export const POWERSHELL_SCRIPT = [
  "$ErrorActionPreference='SilentlyContinue'",
  "[Console]::OutputEncoding=[Text.Encoding]::UTF8",
  "Get-CimInstance Win32_VideoController|%{'cim|'+$_.Name+'|'+$_.PNPDeviceID+'|'+$_.AdapterRAM}",
  `Get-ItemProperty '${CLASS_KEY}'|%{$m=$_.'HardwareInformation.MemorySize';if($m -is [byte[]]){$m='0x'+(($m|%{$_.ToString('X2')}) -join '')}` +
    ";'reg|'+$_.DriverDesc+'|'+$_.MatchingDeviceId+'|'+$_.'HardwareInformation.qwMemorySize'+'|'+$m}",
].join(";");

/** The same key for `reg.exe`, which answers at once but does not know which cards are there. */
export const REG_KEY = "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Class\\{4d36e968-e325-11ce-bfc1-08002be10318}";

const natural = (text: string | undefined): number | undefined =>
  /^\d{1,15}$/.test(text ?? "") && Number(text) > 0 ? Number(text) : undefined;

/** `MemorySize`: a number, the same as a negative 32-bit one, or `0x00F0FF7F` (bytes, lowest first). */
export function parseMemorySize(text: string | undefined): number | undefined {
  const bytes = /^0x([0-9A-F]{8})(?:0{8})?$/i.exec(text ?? "")?.[1];
  if (bytes !== undefined) {
    const value = Number.parseInt((bytes.match(/../g) ?? []).reverse().join(""), 16);
    return value > 0 ? value : undefined;
  }
  const negative = /^-\d{1,10}$/.test(text ?? "") ? Number(text) + 2 ** 32 : undefined;
  return negative !== undefined && negative > 0 ? negative : natural(text);
}

/** Parses the tagged lines; anything else between them is passed over. */
export function parseAdapters(text: string): { cim: CimAdapter[]; registry: RegistryAdapter[] } {
  const cim: CimAdapter[] = [];
  const registry: RegistryAdapter[] = [];
  for (const line of text.split(/\r?\n/)) {
    const [kind, name = "", id = "", first, second] = line.split("|").map((part) => part.trim());
    if (name === "") continue;
    if (kind === "cim") {
      const ram = natural(first);
      cim.push({ name, pnpId: id.toUpperCase(), ...(ram === undefined ? {} : { adapterRamBytes: ram }) });
    } else if (kind === "reg") {
      const bytes = natural(first) ?? parseMemorySize(second);
      registry.push({ name, matchingId: id.toUpperCase(), ...(bytes === undefined ? {} : { bytes }) });
    }
  }
  return { cim, registry };
}

/**
 * Parses `reg query … /s /v <value>` by its keys and hexadecimal values; the sentence at its end is in
 * the system's language. Returns the value of each subkey.
 */
export function parseRegQuery(text: string): Map<string, string> {
  const values = new Map<string, string>();
  let key = "";
  for (const line of text.split(/\r?\n/)) {
    if (line.startsWith("HKEY_")) key = line.trim().toUpperCase();
    const value = /^\s+\S+\s+REG_(?:SZ|QWORD|DWORD|BINARY)\s+(.+?)\s*$/.exec(line)?.[1];
    if (key !== "" && value !== undefined) values.set(key, value);
  }
  return values;
}
