/** Made by `make types` from the Python records; do not edit. */

export interface RunRow {
  run: string;
  name: string;
  type: string;
  status: string;
  experiment: string;
  parent: string | null;
  started: number | null;
  ended: number | null;
  duration_s: number | null;
  error: string | null;
  metrics: Record<string, number | string>;
  curve: (number | string)[];
  children: number;
  depth: number;
}

export interface JobRow {
  job: string;
  name: string;
  status: string;
  on: string;
  submitted: number | null;
  started: number | null;
  ended: number | null;
  duration_s: number | null;
  error: string | null;
  asked: Record<string, number | string>;
  run: string;
}

export interface RunsPage {
  rows: RunRow[];
  offset: number;
  total: number;
}

export interface JobsPage {
  rows: JobRow[];
  offset: number;
  total: number;
}
