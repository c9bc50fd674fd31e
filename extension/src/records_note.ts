/** Records of opsnb.view.form, until they are made by `make types`. */

export interface Field {
  name: string;
  kind: string;
  type: string;
  default: string | null;
  required: boolean;
  help: string;
  choices: string[];
  unit: string;
  low: number | null;
  high: number | null;
}

export interface ParameterForm {
  fields: Field[];
  pipeline: boolean;
  out: string;
}

export interface Refusals {
  fields: Record<string, string>;
}

export interface VerbForm {
  name: string;
  help: string;
  rest: string;
  command: string;
  fields: Field[];
  examples: string[];
}

export interface VerbForms {
  verbs: VerbForm[];
}

export interface Times {
  words: string;
  times: number[];
  tz: string;
}

export interface CellRun {
  run: string;
  name: string;
  status: string;
  started: number | null;
  duration_s: number | null;
  error: string | null;
}

export interface CellRuns {
  rows: CellRun[];
}
