import { Chalk } from "chalk";
import type { Verdict } from "../core/report.js";

/** Colours by meaning. They only underline what the words already say. */
export interface Theme {
  heading(text: string): string;
  faint(text: string): string;
  pick(text: string): string;
  verdict(verdict: Verdict, text: string): string;
}

/** Sixteen colours are enough and every terminal has them in shades that its user chose. */
export function createTheme(color: boolean): Theme {
  const chalk = new Chalk({ level: color ? 1 : 0 });
  const verdicts: Readonly<Record<Verdict, (text: string) => string>> = {
    full: chalk.green,
    tight: chalk.yellow,
    partial: chalk.yellow,
    cpu: chalk.yellow,
    none: chalk.red,
  };
  return {
    heading: chalk.bold,
    faint: chalk.dim,
    pick: chalk.bold,
    verdict: (verdict, text) => verdicts[verdict](text),
  };
}
