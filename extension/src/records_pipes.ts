/** The records of the views of pipelines, schedules, indexes and evaluations. */

export interface PipelineRow {
  file: string;
  name: string;
  description: string;
  steps: number;
  error: string;
  run: string;
  status: string;
  started: number | null;
  duration_s: number | null;
}

export interface PipelinesPage {
  rows: PipelineRow[];
  cut: boolean;
}

export interface StepNode {
  step: string;
  column: number;
  place: number;
  notebook: string;
  needs: string[];
  status: string;
  plan: string;
  why: string;
  error: string;
  run: string;
  executed: string;
  attempt: number;
  started: number | null;
  duration_s: number | null;
  on: string;
}

export interface StepEdge {
  before: string;
  after: string;
  bends: number[][];
}

export interface Given {
  name: string;
  value: string;
  kind: string;
}

export interface PastRun {
  run: string;
  status: string;
  started: number | null;
  duration_s: number | null;
}

export interface Graph {
  file: string;
  name: string;
  description: string;
  run: string;
  status: string;
  started: number | null;
  duration_s: number | null;
  error: string;
  nodes: StepNode[];
  edges: StepEdge[];
  columns: number;
  rows: number;
  params: Given[];
  past: PastRun[];
}

export interface ScheduleRow {
  name: string;
  file: string;
  when: string;
  paused: boolean;
  status: string;
  next: number | null;
  last: number | null;
  last_status: string;
  last_run: string;
  error: string;
}

export interface SchedulesPage {
  rows: ScheduleRow[];
  note: string;
}

export interface IndexRow {
  index: string;
  version: number;
  built: number | null;
  documents: number;
  chunks: number;
  embedding: string;
  bytes: number;
  versions: number;
  building: boolean;
  error: string;
}

export interface IndexesPage {
  rows: IndexRow[];
}

export interface IndexVersion {
  version: number;
  served: boolean;
  built: number;
  documents: number;
  chunks: number;
  changed: string;
  run: string;
}

export interface IndexCard {
  index: string;
  version: number;
  unread: number;
  stale: number;
  looked: number;
  unindexed: number;
  sources: string[];
  strategy: string;
  embedding: string;
  versions: IndexVersion[];
}

export interface DocumentRow {
  source: string;
  title: string;
  kind: string;
  chunks: number;
  flags: string[];
}

export interface DocumentsPage {
  rows: DocumentRow[];
  offset: number;
  total: number;
}

export interface ChunkPlace {
  id: string;
  start: number;
  end: number;
  position: number;
  section: string;
  page: number | null;
}

export interface DocumentText {
  source: string;
  title: string;
  kind: string;
  file: string;
  url: string;
  text: string;
  offset: number;
  total: number;
  chunks: ChunkPlace[];
}

export interface Match {
  word: string;
  found: string;
  similarity: number;
  weight: number;
}

export interface Passage {
  rank: number;
  chunk: string;
  source: string;
  title: string;
  section: string;
  page: number | null;
  start: number;
  end: number;
  score: number;
  parts: Record<string, number>;
  text: string;
  marks: number[][];
  matches: Match[];
}

export interface Missed {
  chunk: string;
  stage: string;
  why: string;
  rows: Record<string, string | number>[];
}

export interface Passages {
  question: string;
  hits: Passage[];
  candidates: number;
  seconds: number;
  note: string;
  missed: Missed | null;
}

export interface Figure {
  metric: string;
  value: number | string;
  low: number | string | null;
  high: number | string | null;
}

export interface VerdictRow {
  name: string;
  ok: boolean | null;
  why: string;
  evidence: Record<string, string | number | boolean | null>[];
  run: string;
  at: number | null;
}

export interface ReportRow {
  run: string;
  name: string;
  status: string;
  started: number | null;
  target: string;
  dataset: string;
  cases: string;
  figures: Figure[];
  verdicts: VerdictRow[];
}

export interface ReportsPage {
  rows: ReportRow[];
  offset: number;
  total: number;
}

export interface TrendPoint {
  run: string;
  at: number;
  value: number | string;
  low: number | string | null;
  high: number | string | null;
}

export interface Trend {
  name: string;
  metric: string;
  metrics: string[];
  points: TrendPoint[];
}

export interface GateRow {
  file: string;
  name: string;
  rules: string[];
  baseline: string;
  error: string;
  last: VerdictRow | null;
}

export interface GatesPage {
  rows: GateRow[];
}

export interface TotalRow {
  metric: string;
  value: number | null;
  low: number | null;
  high: number | null;
  n: number;
  missing: number;
  higher_is_better: boolean;
  range: (number | null)[];
  unit: string;
  judge: string;
  note: string;
  scores: number[];
  failures: number;
}

export interface ReportCard {
  run: string;
  name: string;
  target: string;
  status: string;
  dataset: string;
  digest: string;
  cases: number;
  failures: number;
  errors: number;
  not_run: number;
  level: number;
  seconds: number;
  cost: number | null;
  tokens: number;
  notes: string[];
  tags: string[];
  totals: TotalRow[];
  verdicts: VerdictRow[];
  others: ReportRow[];
}

export interface CaseRow {
  place: number;
  id: string;
  status: string;
  failed: boolean;
  inputs: string;
  output: string;
  expected: string;
  scores: Record<string, number | null>;
  passed: Record<string, boolean | null>;
}

export interface CasesPage {
  rows: CaseRow[];
  offset: number;
  total: number;
}

export interface CaseDetail {
  place: number;
  id: string;
  status: string;
  inputs: string;
  output: string;
  expected: string;
  tags: Record<string, string>;
  scores: Record<string, number | null>;
  passed: Record<string, boolean | null>;
  why: Record<string, string>;
  errors: Record<string, string>;
  retrieved: string[];
  sources: string[];
  latency_s: number | null;
  cost: number | null;
  tokens: number;
  cached: boolean;
  trace: string;
}

export interface ChangeRow {
  metric: string;
  a: number | null;
  b: number | null;
  difference: number | null;
  low: number | null;
  high: number | null;
  n: number;
  won: number;
  lost: number;
  shown: string;
  reading: string;
  higher_is_better: boolean;
}

export interface FlipRow {
  metric: string;
  won: boolean;
  case: string;
  inputs: string;
  expected: string;
  a: number | null;
  b: number | null;
  output_a: string;
  output_b: string;
  why: string;
}

export interface Flips {
  a: string;
  b: string;
  pairs: number;
  level: number;
  changes: ChangeRow[];
  rows: FlipRow[];
  total: number;
  notes: string[];
}
