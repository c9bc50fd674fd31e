import type { IOpsnb } from './tokens';
import type { Given } from './api';

/** What is known of something that was started: its job, once there is one. */
export interface IStarted {
  job?: string;
}

/** A parameter's words as a value of its kind; as they are when they are none, and the server says so. */
export function valueOf(given: Given, words: string): unknown {
  if (given.kind === 'str') {
    return words;
  }
  try {
    return JSON.parse(words);
  } catch {
    return given.kind === 'bool' ? words === 'true' : words;
  }
}

/** Run a pipeline file with the parameters that are other than its own. */
export function runPipeline(
  opsnb: IOpsnb,
  file: string,
  params: Record<string, unknown> = {},
  more: { start?: string; force?: boolean } = {}
): Promise<IStarted> {
  return opsnb.client.act<IStarted>('run_pipeline', {
    file,
    ...(Object.keys(params).length ? { params } : {}),
    ...(more.start ? { start: more.start } : {}),
    ...(more.force ? { force: true } : {})
  });
}

/** Go on with a pipeline run that did not end well. */
export function resumePipeline(opsnb: IOpsnb, run: string): Promise<IStarted> {
  return opsnb.client.act<IStarted>('resume_pipeline', { run });
}

/** Build an index anew from what it was built from. */
export function buildIndex(opsnb: IOpsnb, name: string, sources: string[]): Promise<IStarted> {
  return opsnb.client.act<IStarted>('build_index', { name, sources });
}
