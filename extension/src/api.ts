/** Made by `make types` from the verbs, the views and their records; do not edit. */
/* eslint-disable max-lines */

/** Of the package that this belongs to. */
export const VERSION = '0.1.0';

/** The states of runs and jobs. */
export type State =
  | 'queued'
  | 'running'
  | 'done'
  | 'failed'
  | 'cancelled'
  | 'cached'
  | 'timed_out'
  | 'lost'
  | 'not_run'
  | 'unreachable';

/** One start of a job's program. */
export interface Attempt {
  number: number;
  status: string;
  host: string;
  started: number;
  ended: number | null;
  error: string | null;
}

/** A case and what became of it. */
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

/** A case in the table. */
export interface CaseRow {
  /** in the report */
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

/** A part of the cases of an evaluation. */
export interface CasesPage {
  rows: CaseRow[];
  offset: number;
  total: number;
}

/** One cell of a notebook run. */
export interface CellRow {
  /** counted from 1, as `opsnb logs --cell` */
  cell: number;
  /** code, markdown, raw */
  kind: string;
  /** one of the states */
  status: string;
  started: number | null;
  seconds: number | null;
  /** its first line with something in it */
  line: string;
  error: string | null;
}

/** A run, as short as a cell's badge. */
export interface CellRun {
  run: string;
  name: string;
  status: string;
  started: number | null;
  duration_s: number | null;
  error: string | null;
}

/** The runs that were asked for and are known here. */
export interface CellRuns {
  rows: CellRun[];
}

/** The cells of a notebook run. */
export interface CellsPage {
  rows: CellRow[];
  /** path of the executed notebook; empty when it is not there */
  executed: string;
  /** path of the notebook that was run; empty when it is not there */
  source: string;
}

/** A metric in two reports. */
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
  /** better, worse; empty: not shown to differ */
  shown: string;
  /** in words */
  reading: string;
  higher_is_better: boolean;
}

/** What has changed since the last look; the event that the lab gets. */
export interface Changed {
  runs: RunRow[];
  jobs: JobRow[];
  /** more than is said here: ask again for what is shown */
  all: boolean;
}

/** Where a chunk is in its document. */
export interface ChunkPlace {
  id: string;
  start: number;
  end: number;
  position: number;
  section: string;
  page: number | null;
}

/** One fact of several runs. */
export interface Compared {
  name: string;
  /** in the order of the runs; None: that run has none */
  values: (string | null)[];
  differs: boolean;
}

/** The last values of one metric. */
export interface ComparedMetric {
  name: string;
  values: (number | string | null)[];
  /** place of the best run; None when it cannot be told */
  best: number | null;
  /** how far the second is behind */
  lead: number | null;
  /** whether low is better */
  low: boolean;
}

/** Runs side by side. */
export interface ComparisonPage {
  runs: RunRow[];
  params: Compared[];
  metrics: ComparedMetric[];
  /** only what differs */
  environment: Compared[];
  notes: string[];
}

/** One metric of one run, thinned. */
export interface Curve {
  run: string;
  /** of the run */
  name: string;
  metric: string;
  x: number[];
  /** NaN and infinities as text */
  y: (number | string)[];
  /** of all points */
  count: number;
}

/** Curves, and the metrics that there are. */
export interface CurvesPage {
  curves: Curve[];
  metrics: string[];
}

/** A document of an index, or a source that was not read. */
export interface DocumentRow {
  source: string;
  title: string;
  kind: string;
  chunks: number;
  /** its language, personal data that it seems to have, why it was not read */
  flags: string[];
}

/** A part of the text of a document, and the chunks in it. */
export interface DocumentText {
  source: string;
  title: string;
  kind: string;
  /** below the project; empty: it is not there */
  file: string;
  /** when it came from the web */
  url: string;
  /** text[0] is character `offset` of the document */
  text: string;
  offset: number;
  /** characters */
  total: number;
  chunks: ChunkPlace[];
}

/** A part of the list of documents. */
export interface DocumentsPage {
  rows: DocumentRow[];
  offset: number;
  total: number;
}

/** Why something was not done. */
export interface Failure {
  /** what failed */
  what: string;
  /** what was given */
  given: string | null;
  /** what is allowed */
  allowed: string[] | string | null;
  /** what to do next */
  hint: string | null;
}

/** One value that a form asks for; what is typed goes to the server as words, as on the command line. */
export interface Field {
  name: string;
  /** text integer number boolean choice date json secret list dict */
  kind: string;
  /** as the notebook writes it */
  type: string;
  /** as it would be typed */
  default: string | null;
  required: boolean;
  help: string;
  choices: string[];
  unit: string;
  low: number | null;
  high: number | null;
}

/** A metric's value and its interval. */
export interface Figure {
  metric: string;
  /** NaN as text */
  value: number | string;
  low: number | string | null;
  high: number | string | null;
}

/** A look into a file. */
export interface FileLook {
  path: string;
  kind: string;
  bytes: number;
  /** whether there is more than is shown */
  cut: boolean;
  /** of text, json, html */
  text: string;
  /** of a table */
  columns: string[];
  rows: string[][];
  /** of an image: a data: address */
  data: string;
  /** path on the server's machine */
  local: string;
}

/** A file of a run. */
export interface FileRow {
  path: string;
  bytes: number;
  /** image, table, json, html, notebook, text, other */
  kind: string;
}

/** The files of a run. */
export interface FilesPage {
  rows: FileRow[];
  /** where they lie; empty when they are at MLflow */
  folder: string;
}

/** A case that became better or worse. */
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

/** Two reports, case by case. */
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

/** A file with rules. */
export interface GateRow {
  file: string;
  name: string;
  rules: string[];
  baseline: string;
  error: string;
  last: VerdictRow | null;
}

/** The gates of the project. */
export interface GatesPage {
  rows: GateRow[];
}

/** A parameter of a pipeline. */
export interface Given {
  name: string;
  /** as it is written */
  value: string;
  /** int, float, str, bool, list, dict, NoneType */
  kind: string;
}

/** A GPU; what it does not tell is None. */
export interface Gpu {
  index: number;
  name: string;
  busy_pct: number | null;
  mem_mb: number | null;
  mem_total_mb: number | null;
  watts: number | null;
  temp_c: number | null;
  users: GpuUser[];
  slices: Slice[];
}

/** A process that holds memory of a GPU. */
export interface GpuUser {
  pid: number;
  name: string;
  mem_mb: number | null;
}

/** A pipeline as a picture. */
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

/** How an index is. */
export interface IndexCard {
  index: string;
  version: number;
  /** sources that could not be read */
  unread: number;
  /** documents whose file is another now, or gone */
  stale: number;
  /** documents whose file was looked at */
  looked: number;
  /** chunks that the next build takes into the search's own indexes */
  unindexed: number;
  /** what it was built from */
  sources: string[];
  /** how it was cut */
  strategy: string;
  embedding: string;
  versions: IndexVersion[];
}

/** An index in the list. */
export interface IndexRow {
  index: string;
  version: number;
  /** seconds since 1970 */
  built: number | null;
  documents: number;
  chunks: number;
  /** the model of its vectors */
  embedding: string;
  /** of all its versions */
  bytes: number;
  versions: number;
  building: boolean;
  error: string;
}

/** A version of an index. */
export interface IndexVersion {
  version: number;
  served: boolean;
  built: number;
  documents: number;
  chunks: number;
  /** documents: +added ~changed -removed */
  changed: string;
  run: string;
}

/** The indexes of a workspace. */
export interface IndexesPage {
  rows: IndexRow[];
}

/** A job as its tab shows it. */
export interface JobPage {
  job: JobRow;
  /** function, notebook, script, pipeline, command */
  kind: string;
  /** why it waits */
  why: string | null;
  host: string;
  gpus: string[];
  engine_id: string;
  exit_code: number | null;
  command: string;
  params: Record<string, string>;
  tags: Record<string, string>;
  /** so far, or in all */
  used: Record<string, number | string>;
  /** cores, mem_mb, gpu_pct, gpu_mem_mb: at this moment */
  now: Record<string, number | string>;
  attempts: Attempt[];
  /** that records it */
  run: RunRow | null;
  folder: string;
  /** of its run at MLflow */
  url: string;
  /** processes that have a log of their own */
  ranks: number[];
}

/** What a list shows of a job. */
export interface JobRow {
  job: string;
  name: string;
  status: State;
  /** back-end */
  on: string;
  submitted: number | null;
  started: number | null;
  ended: number | null;
  /** of one that has ended; of one that runs, the time since `started` */
  duration_s: number | null;
  error: string | null;
  /** gpus, cpus, … */
  asked: Record<string, number | string>;
  run: string;
}

/** A part of the list of jobs. */
export interface JobsPage {
  rows: JobRow[];
  offset: number;
  total: number;
  reading: number;
  seq: number;
}

/** A verdict of a run. */
export interface Judged {
  name: string;
  /** None: not judged */
  ok: boolean | null;
  why: string;
}

/** Where else a run can be seen. */
export interface Link {
  name: string;
  url: string;
}

/** A line with the words. */
export interface LogHit {
  /** where the line begins */
  at: number;
  line: string;
}

/** Lines with the words, and how far was looked. */
export interface LogHits {
  hits: LogHit[];
  start: number;
  end: number;
  size: number;
}

/** A part of a log; places are counted in bytes. */
export interface LogPage {
  text: string;
  start: number;
  end: number;
  /** of the whole log now */
  size: number;
  /** nothing more can come */
  done: boolean;
}

/** A part of a log, cut at whole characters. */
export interface LogPart {
  text: string;
  /** its first byte */
  start: number;
  /** the byte after its last */
  end: number;
  /** bytes there are now */
  total: number;
  /** nothing more comes */
  over: boolean;
}

/** One look at the machine. */
export interface Machine {
  at: number;
  host: string;
  cpu_pct: number;
  cpus: number;
  /** over one minute */
  load: number;
  mem_mb: number;
  mem_total_mb: number;
  /** used, where the workspace lies */
  disk_gb: number;
  disk_total_gb: number;
  disk_of: string;
  gpus: Gpu[];
  /** why there are none to see */
  gpu_note: string;
  processes: Process[];
}

/** A word of a question and the word of a passage that is nearest to it. */
export interface Match {
  word: string;
  found: string;
  similarity: number;
  weight: number;
}

/** A metric of a run, in little. */
export interface Measured {
  name: string;
  /** NaN and infinities as text */
  last: number | string;
  step: number;
  low: number | string | null;
  high: number | string | null;
  count: number;
  /** values that were NaN or infinite */
  odd: number;
  /** CPU, memory, GPU while it ran */
  system: boolean;
}

/** Why a chunk is not among the passages. */
export interface Missed {
  chunk: string;
  stage: string;
  why: string;
  rows: (Record<string, string | number>)[];
}

/** What a notebook or pipeline file may be told. */
export interface ParameterForm {
  fields: Field[];
  pipeline: boolean;
  /** where the executed notebook would be written */
  out: string;
}

/** A chunk that was found. */
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
  /** of the score */
  parts: Record<string, number>;
  text: string;
  /** [start, end] of the question's words in the text */
  marks: number[][];
  matches: Match[];
}

/** What a question finds. */
export interface Passages {
  question: string;
  hits: Passage[];
  candidates: number;
  seconds: number;
  note: string;
  missed: Missed | null;
}

/** A run of a pipeline. */
export interface PastRun {
  run: string;
  status: string;
  started: number | null;
  duration_s: number | null;
}

/** A pipeline file and its last run. */
export interface PipelineRow {
  /** below the project */
  file: string;
  name: string;
  description: string;
  steps: number;
  /** what is wrong with the file */
  error: string;
  /** its last one */
  run: string;
  status: string;
  started: number | null;
  duration_s: number | null;
}

/** The pipelines of a project. */
export interface PipelinesPage {
  rows: PipelineRow[];
  /** the project has more folders than were looked at */
  cut: boolean;
}

/** A kernel or job of ours, with the processes below it. */
export interface Process {
  pid: number;
  /** kernel, job */
  what: string;
  /** of the kernel or job */
  id: string;
  name: string;
  /** busy since the last look */
  cores: number | null;
  mem_mb: number;
  gpu_mem_mb: number | null;
}

/** A back-end for jobs. */
export interface Queue {
  on: string;
  /** ready, no node, unavailable, not installed, … */
  state: string;
  /** "1 of 2 free"; empty: none */
  gpus: string;
  /** there, of everybody */
  queued: number;
  running: number;
  /** of this workspace: how many in which state */
  jobs: Record<string, number>;
  note: string;
}

/** All back-ends. */
export interface Queues {
  rows: Queue[];
}

/** What is wrong with what was typed: `{field: sentence}`. */
export interface Refusals {
  fields: Record<string, string>;
}

/** What an evaluation found. */
export interface ReportCard {
  run: string;
  name: string;
  target: string;
  status: string;
  dataset: string;
  digest: string;
  cases: number;
  failures: number;
  /** cases whose target raised */
  errors: number;
  not_run: number;
  /** of the intervals */
  level: number;
  seconds: number;
  cost: number | null;
  tokens: number;
  notes: string[];
  /** tag=value, that cases have */
  tags: string[];
  totals: TotalRow[];
  verdicts: VerdictRow[];
  /** evaluations to compare with, newest first */
  others: ReportRow[];
}

/** An evaluation in the list. */
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

/** A part of the list of evaluations. */
export interface ReportsPage {
  rows: ReportRow[];
  offset: number;
  total: number;
}

/** A run as its tab shows it. */
export interface RunPage {
  run: RunRow;
  params: Record<string, string>;
  tags: Record<string, string>;
  metrics: Measured[];
  verdicts: Judged[];
  /** notebook, script, host, user, cwd, python, … */
  where: Record<string, string>;
  parent: RunRow | null;
  children: RunRow[];
  links: Link[];
  /** of its delivery */
  problems: string[];
  files: number;
  /** whether it has cells */
  notebook: boolean;
  /** the job that it records; empty: none */
  job: string;
  /** whether its journal is in this workspace */
  here: boolean;
}

/** What a list shows of a run. */
export interface RunRow {
  run: string;
  name: string;
  /** run, cell, notebook, step, pipeline, job, … */
  type: string;
  status: State;
  experiment: string;
  parent: string | null;
  /** seconds since 1970 */
  started: number | null;
  ended: number | null;
  duration_s: number | null;
  error: string | null;
  /** the last values; NaN as text */
  metrics: Record<string, number | string>;
  /** of the first metric, at most 63 points, to five figures */
  curve: (number | string)[];
  children: number;
  depth: number;
}

/** A part of the list of runs. */
export interface RunsPage {
  rows: RunRow[];
  offset: number;
  total: number;
  /** runs that are there and not read yet, after a first start on a large workspace */
  reading: number;
  /** number of the last event that is in it */
  seq: number;
}

/** A schedule, as a list shows it. */
export interface ScheduleRow {
  name: string;
  file: string;
  /** in words */
  when: string;
  paused: boolean;
  /** of what runs or waits now; empty: nothing does */
  status: string;
  /** seconds since 1970 */
  next: number | null;
  /** when its last firing was planned */
  last: number | null;
  last_status: string;
  last_run: string;
  /** what is wrong with its file */
  error: string;
}

/** The schedules, and what a reader must know. */
export interface SchedulesPage {
  rows: ScheduleRow[];
  note: string;
}

/** What the server says of itself. */
export interface ServerCard {
  version: string;
  /** its folder, `.opsnb` */
  workspace: string;
  /** the server's root folder */
  root: string;
  /** folder of the project, relative to it; empty: the root itself, or above it */
  project: string;
}

/** A MIG slice of a GPU. */
export interface Slice {
  name: string;
  mem_mb: number;
  mem_total_mb: number;
}

/** A line from a step to one that needs it. */
export interface StepEdge {
  before: string;
  after: string;
  /** [column, place] */
  bends: number[][];
}

/** A step in the picture of a pipeline. */
export interface StepNode {
  step: string;
  column: number;
  /** in its column; 0 is the middle */
  place: number;
  /** below the project, or as it is */
  notebook: string;
  needs: string[];
  /** one of the states; empty: a plan */
  status: string;
  /** run, cached, left out, not run */
  plan: string;
  why: string;
  error: string;
  run: string;
  /** the executed notebook, below the project */
  executed: string;
  attempt: number;
  started: number | null;
  duration_s: number | null;
  /** the back-end it runs on, and what it asks for */
  on: string;
}

/** When a schedule would run. */
export interface Times {
  /** at 03:00 AM (Europe/Berlin) */
  words: string;
  /** the next ones, seconds since 1970 */
  times: number[];
  /** the zone that they are in */
  tz: string;
}

/** What a metric says of all cases. */
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
  /** how many cases in each tenth of the scale */
  scores: number[];
  /** by this metric */
  failures: number;
}

/** A metric over the evaluations of one name, oldest first. */
export interface Trend {
  name: string;
  metric: string;
  /** that there are */
  metrics: string[];
  points: TrendPoint[];
}

/** A metric in one evaluation. */
export interface TrendPoint {
  run: string;
  at: number;
  value: number | string;
  low: number | string | null;
  high: number | string | null;
}

/** What a verb may be told. */
export interface VerbForm {
  name: string;
  help: string;
  /** read, act or job */
  rest: string;
  command: string;
  fields: Field[];
  examples: string[];
}

/** Every verb that the server knows. */
export interface VerbForms {
  verbs: VerbForm[];
}

/** What a gate said. */
export interface VerdictRow {
  name: string;
  /** None: it could not be told */
  ok: boolean | null;
  why: string;
  evidence: (Record<string, string | number | boolean | null>)[];
  /** that judged */
  run: string;
  at: number | null;
}

/** Why jobs wait, by their ids. */
export interface Waits {
  why: Record<string, string>;
}

/** GET view/<name>: what is shown. */
export interface Views {
  /** a part of the list of runs */
  runs: { args: { open?: string[]; search?: string; status?: State | ''; type?: string; group?: '' | 'experiment'; offset?: number; most?: number; workspace?: string }; result: RunsPage };
  /** a part of the list of jobs */
  jobs: { args: { search?: string; status?: State | ''; on?: string; offset?: number; most?: number; workspace?: string }; result: JobsPage };
  /** the pipeline files of the project, each with its last run */
  pipelines: { args: { search?: string; workspace?: string }; result: PipelinesPage };
  /** a pipeline as a picture: its plan, or one of its runs */
  graph: { args: { file?: string; run?: string; params?: string; start?: string; force?: boolean; workspace?: string }; result: Graph };
  /** the schedules: when each runs next, and how it went last */
  schedules: { args: { workspace?: string }; result: SchedulesPage };
  /** the indexes of the workspace */
  indexes: { args: { search?: string; workspace?: string }; result: IndexesPage };
  /** how an index is: what is stale or unread, its versions */
  index: { args: { name: string; workspace?: string }; result: IndexCard };
  /** a part of the documents of an index */
  documents: { args: { index: string; search?: string; unread?: boolean; offset?: number; most?: number; workspace?: string }; result: DocumentsPage };
  /** the text of a document and where its chunks are */
  document: { args: { index: string; source: string; chunk?: string; offset?: number; characters?: number; workspace?: string }; result: DocumentText };
  /** what a question finds, and where the scores come from */
  passages: { args: { index: string; question: string; k?: number; where?: string; mode?: string; chunk?: string; workspace?: string }; result: Passages };
  /** a part of the evaluations, with their main figures and verdicts */
  reports: { args: { search?: string; offset?: number; most?: number; workspace?: string }; result: ReportsPage };
  /** a metric over the evaluations of one name */
  trend: { args: { name: string; metric?: string; most?: number; workspace?: string }; result: Trend };
  /** the gates of the project: rules, and the last verdict */
  gates: { args: { workspace?: string }; result: GatesPage };
  /** what an evaluation found, in total */
  report: { args: { run: string; workspace?: string }; result: ReportCard };
  /** a part of the cases of an evaluation, the worst first */
  cases: { args: { run: string; metric?: string; failed?: boolean; tag?: string; search?: string; sort?: string; offset?: number; most?: number; workspace?: string }; result: CasesPage };
  /** a case of an evaluation, and what became of it */
  case: { args: { run: string; place: number; workspace?: string }; result: CaseDetail };
  /** two evaluations, case by case */
  flips: { args: { run: string; before: string; most?: number; workspace?: string }; result: Flips };
  /** how the runs are that cells' outputs name */
  badges: { args: { runs?: string[]; workspace?: string }; result: CellRuns };
  /** the cells of a notebook run: state, time, first line */
  cells: { args: { run: string; workspace?: string }; result: CellsPage };
  /** the parameters of a notebook or pipeline file */
  parameters: { args: { file: string; workspace?: string }; result: ParameterForm };
  /** what is wrong with what was typed for them */
  refusals: { args: { file: string; given?: string; workspace?: string }; result: Refusals };
  /** what a cron expression means, and the next times */
  times: { args: { cron?: string; every?: string; tz?: string; most?: number; workspace?: string }; result: Times };
  /** every verb, with its arguments */
  verbs: { args: { workspace?: string }; result: VerbForms };
  /** one run: parameters, tags, last metrics, verdicts, children, links */
  run: { args: { id: string; workspace?: string }; result: RunPage };
  /** the curves of runs, thinned to what can be drawn */
  points: { args: { run: string[]; metric?: string[]; by?: string; most?: number; workspace?: string }; result: CurvesPage };
  /** the files of a run */
  files: { args: { run: string; workspace?: string }; result: FilesPage };
  /** a look into a file of a run */
  file: { args: { run: string; path: string; bytes?: number; workspace?: string }; result: FileLook };
  /** a part of the log of a job or a notebook's run */
  log: { args: { id: string; start?: number; bytes?: number; rank?: number | null; workspace?: string }; result: LogPage };
  /** where words stand in a log */
  log_find: { args: { id: string; words: string; start?: number; most?: number; rank?: number | null; workspace?: string }; result: LogHits };
  /** up to twenty runs side by side */
  comparison: { args: { run: string[]; workspace?: string }; result: ComparisonPage };
  /** one job: what it asked, used and uses now, its attempts */
  job: { args: { id: string; workspace?: string }; result: JobPage };
  /** why jobs wait */
  waits: { args: { job: string[]; workspace?: string }; result: Waits };
  /** the back-ends for jobs: free GPUs, how many wait and run */
  queues: { args: { workspace?: string }; result: Queues };
  /** the machine: processors, memory, disk, GPUs, our kernels and jobs */
  machine: { args: { workspace?: string }; result: Machine };
}

/** GET <verb>: verbs that only look. */
export interface Reads {
  /** what a notebook's cells or a job's program have written, also while it runs */
  logs: { args: { run: string; cell?: number; rank?: number; workspace?: string }; result: unknown };
  /** say which steps would run, and why; runs nothing */
  plan_pipeline: { args: { file?: string; params?: Record<string, unknown>; kernel?: string; force?: boolean; start?: string; only?: string; workspace?: string }; result: Record<string, unknown>[] };
  /** list the recorded runs */
  runs: { args: { experiment?: string; name?: string; status?: string; type?: string; where?: string; most?: number; workspace?: string }; result: Record<string, unknown>[] };
  /** show one recorded run */
  run: { args: { id: string; workspace?: string }; result: Record<string, unknown> };
  /** compare runs: what differs; of two evaluations, case by case */
  compare: { args: { runs: string[]; workspace?: string }; result: Record<string, unknown> };
  /** what differs between two runs: code, parameters, environment, data, metrics, outputs */
  diff: { args: { a: string; b: string; tolerance?: number; workspace?: string }; result: Record<string, unknown> };
  /** list the templates */
  templates: { args: { workspace?: string }; result: Record<string, unknown>[] };
  /** list the templates that warm kernels are forked from */
  kernels: { args: { workspace?: string }; result: Record<string, unknown>[] };
  /** what is at work here, and what is installed */
  overview: { args: { workspace?: string }; result: Record<string, unknown> };
  /** check versions, libraries, workspace, sinks, GPU */
  doctor: { args: { workspace?: string }; result: Record<string, unknown>[] };
  /** show every setting and where it came from */
  config: { args: { workspace?: string }; result: Record<string, unknown>[] };
  /** list the jobs, those of earlier days included */
  jobs: { args: { status?: string; on?: string; name?: string; most?: number; workspace?: string }; result: Record<string, unknown>[] };
  /** one job: its state, what it asked and used */
  job: { args: { id: string; workspace?: string }; result: Record<string, unknown> };
  /** the back-ends for jobs: what is here, free GPUs, queues, features */
  backends: { args: { workspace?: string }; result: Record<string, unknown>[] };
  /** whether the private Slurm runs, its GPUs and queue */
  slurm_status: { args: { workspace?: string }; result: Record<string, unknown> };
  /** list the schedules: next time, last state */
  schedules: { args: { workspace?: string }; result: Record<string, unknown>[] };
  /** show one schedule */
  show_schedule: { args: { name: string; workspace?: string }; result: Record<string, unknown> };
  /** what became of a schedule's firings */
  schedule_history: { args: { name: string; most?: number; workspace?: string }; result: Record<string, unknown>[] };
  /** open the report of an earlier evaluation */
  report: { args: { id: string; workspace?: string }; result: Record<string, unknown> };
  /** the chunks of an index that fit a question best */
  search: { args: { name: string; question?: string[]; k?: number; where?: string; mode?: string; workspace?: string }; result: Record<string, unknown>[] };
  /** where the scores of a search come from, and why a chunk is not found */
  explain: { args: { name: string; question?: string[]; k?: number; chunk?: string; where?: string; workspace?: string }; result: Record<string, unknown> };
  /** list the indexes */
  indexes: { args: { workspace?: string }; result: Record<string, unknown>[] };
  /** how an index is: documents, model, versions, what is not indexed */
  index_status: { args: { name: string; workspace?: string }; result: Record<string, unknown>[] };
  /** list the documents of an index */
  index_documents: { args: { name: string; where?: string; workspace?: string }; result: Record<string, unknown>[] };
  /** list the versions of an index */
  index_versions: { args: { name: string; workspace?: string }; result: Record<string, unknown>[] };
  /** what differs between two versions of an index */
  diff_index: { args: { name: string; a: string; b: string; questions?: string[]; workspace?: string }; result: Record<string, unknown> };
  /** cut a document as an index would, and show where */
  chunks: { args: { what: string; strategy?: string; tokens?: number; overlap?: number; separators?: string[]; breaks?: number; embedder?: string; workspace?: string }; result: Record<string, unknown> };
}

/** POST <verb>: verbs that do something. */
export interface Acts {
  /** run a notebook as a tracked run; becomes a job */
  run_notebook: { args: { notebook: string; params?: Record<string, unknown>; out?: string; timeout_s?: number; cell_timeout_s?: number; kernel?: string; cwd?: string; name?: string; experiment?: string; tags?: Record<string, unknown>; skip_tags?: string[]; cold?: boolean; workspace?: string }; result: JobRow };
  /** go on with a notebook's run after its last checkpoint; becomes a job */
  resume_notebook: { args: { run: string; params?: Record<string, unknown>; out?: string; timeout_s?: number; cell_timeout_s?: number; cold?: boolean; workspace?: string }; result: JobRow };
  /** run the steps of a pipeline file; becomes a job */
  run_pipeline: { args: { file?: string; params?: Record<string, unknown>; concurrency?: number; kernel?: string; out?: string; experiment?: string; force?: boolean; start?: string; only?: string; cold?: boolean; part_of?: string; retries?: boolean; workspace?: string }; result: JobRow };
  /** go on with a pipeline run where it ended; becomes a job */
  resume_pipeline: { args: { run: string; concurrency?: number; workspace?: string }; result: JobRow };
  /** write a pipeline as a DAG for Airflow, Argo, GitHub Actions or cron; becomes a job */
  export_pipeline: { args: { file?: string; to?: string; out?: string; schedule?: string; tz?: string; image?: string; params?: Record<string, unknown>; workspace?: string }; result: JobRow };
  /** run a recorded run again, and judge whether it comes out the same; becomes a job */
  reproduce: { args: { run: string; env?: boolean; tolerance?: number; keep?: boolean; workspace?: string }; result: JobRow };
  /** deliver records that MLflow or W&B have not got yet */
  sync: { args: { folder?: string; run?: string; workspace?: string }; result: Record<string, unknown>[] };
  /** start a project from a template */
  init: { args: { folder: string; template?: string; workspace?: string }; result: Record<string, unknown>[] };
  /** end the templates of warm kernels */
  stop_kernels: { args: { key?: string; workspace?: string }; result: Record<string, unknown>[] };
  /** submit a function, notebook, script or command as a job: here, or on a cluster */
  submit: { args: { work: string; args?: string[]; params?: Record<string, unknown>; on?: string; gpus?: number; cpus?: number; mem_gb?: number; nodes?: number; timeout_min?: number; retries?: number; tags?: Record<string, unknown>; env?: Record<string, unknown>; name?: string; after?: string[]; key?: string; experiment?: string; environment?: string; launch?: Record<string, unknown>; engine?: Record<string, unknown>; cwd?: string; workspace?: string }; result: JobRow };
  /** stop a job */
  cancel: { args: { job: string; workspace?: string }; result: JobRow };
  /** start a job again that has ended: same code, checkpoints and run */
  retry: { args: { job: string; workspace?: string }; result: JobRow };
  /** start again what a reboot or a crash cut off */
  recover: { args: { days?: number; workspace?: string }; result: Record<string, unknown>[] };
  /** remove what jobs left in the cache and nobody uses any more */
  prune: { args: { days?: number; gb?: number; workspace?: string }; result: Record<string, unknown>[] };
  /** schedule a pipeline or a notebook: times, intervals, changes, other runs, calls */
  schedule: { args: { file: string; name?: string; cron?: string; tz?: string; every?: string; on_change?: string; after?: string; on?: string; webhook?: boolean; allow?: string[]; params?: Record<string, unknown>; catch_up?: string; overlap?: string; retries?: number; retry_wait_min?: number; timeout_min?: number; gpus?: number; notify?: string[]; notify_on?: string; replace?: boolean; workspace?: string }; result: Record<string, unknown> };
  /** run a schedule now; becomes a job */
  run_now: { args: { name: string; params?: Record<string, unknown>; follow?: boolean; workspace?: string }; result: JobRow };
  /** pause a schedule */
  pause_schedule: { args: { name: string; workspace?: string }; result: Record<string, unknown> };
  /** go on with a paused schedule */
  resume_schedule: { args: { name: string; workspace?: string }; result: Record<string, unknown> };
  /** stop what runs or waits of a schedule */
  stop_schedule: { args: { name: string; workspace?: string }; result: string };
  /** remove a schedule; its runs stay */
  remove_schedule: { args: { name: string; workspace?: string }; result: string };
  /** judge what a file says, or a file of cases; becomes a job */
  evaluate_file: { args: { file: string; target?: string; metrics?: string[]; name?: string; model?: string; judge?: string; template?: string; k?: string; repeat?: number; concurrency?: number; budget?: string; budget_tokens?: string; gate?: string; baseline?: string; cache?: boolean; workspace?: string }; result: JobRow };
  /** judge a run by a policy: exit code 1 when it says no; becomes a job */
  gate_run: { args: { run: string; policy?: string; rules?: string[]; baseline?: string; name?: string; workspace?: string }; result: JobRow };
  /** whether new data is still like the old: a verdict with a row for each column; becomes a job */
  drift: { args: { reference: string; current: string; columns?: string[]; alpha?: number; psi?: number; auc?: number; share?: number; correction?: string; together?: boolean; embedder?: string; least?: number; seed?: number; workspace?: string }; result: JobRow };
  /** whether groups are treated alike: a verdict, and a table of the groups; becomes a job */
  bias: { args: { report: string; groups?: string[]; positive?: string; ratio?: number; difference?: number; alpha?: number; least?: number; together?: boolean; workspace?: string }; result: JobRow };
  /** try the configurations that a file says: a leaderboard with intervals; becomes a job */
  sweep_file: { args: { file: string; metric?: string; on?: string; keep?: boolean; apply?: boolean; cache?: boolean; workspace?: string }; result: JobRow };
  /** measure how far a judge agrees with people, on labels of yours; becomes a job */
  judge_check: { args: { labelled: string; metric?: string; judge?: string; label?: string; good?: string; threshold?: string; blend?: boolean; repeat?: number; level?: number; concurrency?: number; workspace?: string }; result: JobRow };
  /** build an index from documents, or bring it up to date; becomes a job */
  build_index: { args: { sources: string[]; name?: string; tokens?: number; overlap?: string; strategy?: string; embedder?: string; max_unread?: number; keep?: number; prune?: boolean; prune_most?: boolean; rebuild?: boolean; workspace?: string }; result: JobRow };
  /** answer a question from an index, with citations */
  ask: { args: { name: string; question?: string[]; model?: string; k?: number; where?: string; policy?: string; template?: string; workspace?: string }; result: Record<string, unknown> };
  /** serve an earlier version of an index */
  rollback_index: { args: { name: string; version: string; workspace?: string }; result: Record<string, unknown>[] };
  /** ask opsnb's own documentation */
  guide: { args: { question?: string; words?: string[]; model?: string; workspace?: string }; result: Record<string, unknown> };
}
