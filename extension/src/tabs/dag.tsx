import React from 'react';
import { Dag } from '../components/dag';
import { FailureBox } from '../components/failure';
import { State } from '../components/state';
import { brief, duration } from '../words';
import { openFile } from '../files';
import { useView } from '../hooks';
import { Failure } from '../request';
import { resumePipeline, runPipeline, valueOf } from '../starts';
import type { IStarted } from '../starts';
import type { IBodyProps } from '../tokens';
import type { Graph, StepNode } from '../api';
import { Parameters, Steps } from './dag_side';

const AT_WORK = ['running', 'queued'];

/** A pipeline as a picture, with what can be done with it. `args`: file or run; plan: begins with the plan. */
export function DagTab({ opsnb, args }: IBodyProps & { args: Record<string, unknown> }): JSX.Element {
  const { trans } = opsnb;
  const [shown, setShown] = React.useState(args.plan ? '' : String(args.run ?? 'latest'));
  const [words, setWords] = React.useState<Record<string, string>>({});
  const [start, setStart] = React.useState('');
  const [force, setForce] = React.useState(false);
  const [selected, setSelected] = React.useState('');
  const [failure, setFailure] = React.useState<Failure | null>(null);
  const [begun, setBegun] = React.useState<(IStarted & { before: string; at: number }) | null>(null);
  const ids = React.useRef<Set<string>>(new Set());
  const query = {
    file: String(args.file ?? ''),
    run: shown,
    ...(shown ? {} : { params: JSON.stringify(words), start, force })
  };
  const answer = useView<Graph>(opsnb, 'graph', query, change =>
    change.runs.some(
      run => run.type === 'pipeline' || ids.current.has(run.parent ?? '') || ids.current.has(run.run)
    )
  );
  const graph = answer.data;
  const file = graph?.file ?? String(args.file ?? '');
  ids.current = new Set(graph?.run ? [graph.run] : []);
  const starting = begun !== null && (!graph || graph.past[0]?.run === begun.before);

  // a job that ended before its run began says why
  React.useEffect(() => {
    if (!starting || !begun?.job) {
      return;
    }
    const slot = (_: unknown, change: { jobs: { job: string; status: string; error: string | null }[] }) => {
      const row = change.jobs.find(j => j.job === begun.job);
      if (row && !AT_WORK.includes(row.status) && row.status !== 'done') {
        setBegun(null);
        setFailure(
          new Failure(
            {
              what: trans.__('The pipeline did not begin: its job has %1', row.status),
              given: row.error,
              hint: trans.__('opsnb logs %1', row.job)
            },
            400
          )
        );
      }
    };
    opsnb.live.changed.connect(slot);
    return () => {
      opsnb.live.changed.disconnect(slot);
    };
  }, [opsnb, starting, begun]);

  const does = async (what: () => Promise<IStarted>) => {
    const mark = { before: graph?.past[0]?.run ?? '', at: Date.now() };
    setFailure(null);
    setBegun(mark);
    setShown('latest');
    try {
      const made = await what();
      setBegun(old => (old?.at === mark.at ? { ...old, job: made?.job } : old));
    } catch (error) {
      setBegun(null);
      setFailure(error as Failure);
    }
  };
  const run = async (from = '') => {
    const params = Object.entries(words);
    try {
      await opsnb.client.view('graph', { file, params: JSON.stringify(words), start: from, force });
    } catch (error) {
      setFailure(error as Failure);
      return;
    }
    const typed: Record<string, unknown> = {};
    for (const [name, text] of params) {
      const given = graph?.params.find(p => p.name === name);
      typed[name] = given ? valueOf(given, text) : text;
    }
    await does(() => runPipeline(opsnb, file, typed, { start: from, force }));
  };
  const plan = (from = '') => {
    setFailure(null);
    setStart(from);
    setShown('');
    answer.reload();
  };
  const open = (node: StepNode) => {
    if (node.run) {
      opsnb.open('run', { run: node.run });
    } else if (node.notebook) {
      void openFile(opsnb, node.notebook.replace(/:\w+$/, ''));
    }
  };

  if (!graph) {
    return answer.failure ? (
      <div className="jp-opsnb-Dag-tab">
        <h2>{file}</h2>
        <FailureBox trans={trans} failure={answer.failure} onRetry={answer.reload} />
        {file && (
          <button type="button" className="jp-opsnb-Button" onClick={() => void openFile(opsnb, file)}>
            {trans.__('Open the file')}
          </button>
        )}
      </div>
    ) : (
      <p className="jp-opsnb-Empty">{trans.__('Reading…')}</p>
    );
  }
  const atWork = AT_WORK.includes(graph.status);
  return (
    <div className="jp-opsnb-Dag-tab">
      <div className="jp-opsnb-Head">
        <h2>
          <bdi>{graph.name}</bdi>
        </h2>
        {graph.status ? (
          <>
            <State trans={trans} status={graph.status} />
            <span className="jp-opsnb-mod-dim">{duration(trans, graph.duration_s)}</span>
          </>
        ) : (
          <span className="jp-opsnb-mod-dim">
            {start ? trans.__('plan from %1', start) : trans.__('plan')}
          </span>
        )}
        {starting && (
          <span className="jp-opsnb-mod-dim" role="status">
            {trans.__('starting…')}
          </span>
        )}
        <span className="jp-opsnb-mod-grow" />
        <label>
          <span className="jp-opsnb-mod-dim">{trans.__('show')} </span>
          <select
            aria-label={trans.__('The plan, or a run')}
            value={graph.run && shown ? graph.run : ''}
            onChange={event => (event.target.value ? setShown(event.target.value) : plan())}
          >
            <option value="">{trans.__('the plan')}</option>
            {graph.past.map(p => (
              <option key={p.run} value={p.run}>
                {`${p.status.replace('_', ' ')}, ${brief(p.started)}`}
              </option>
            ))}
          </select>
        </label>
        <button type="button" className="jp-opsnb-Button" onClick={() => plan()}>
          {trans.__('Plan')}
        </button>
        {graph.run && !atWork && graph.status !== 'done' && (
          <button
            type="button"
            className="jp-opsnb-Button"
            onClick={() => void does(() => resumePipeline(opsnb, graph.run))}
          >
            {trans.__('Resume')}
          </button>
        )}
        {begun?.job && atWork && (
          <button
            type="button"
            className="jp-opsnb-Button"
            onClick={() =>
              opsnb.client.act('cancel', { id: begun.job }).catch((error: Failure) => setFailure(error))
            }
          >
            {trans.__('Stop')}
          </button>
        )}
        <button
          type="button"
          className="jp-opsnb-Button jp-opsnb-mod-main"
          disabled={starting}
          onClick={() => void run()}
        >
          {trans.__('Run')}
        </button>
      </div>
      {graph.description && <p className="jp-opsnb-mod-dim">{graph.description}</p>}
      {failure && <FailureBox trans={trans} failure={failure} />}
      {answer.failure && <FailureBox trans={trans} failure={answer.failure} onRetry={answer.reload} />}
      {graph.error && <p className="jp-opsnb-Failure">{graph.error}</p>}
      <div className="jp-opsnb-Dag-body">
        <Dag trans={trans} graph={graph} selected={selected} onSelect={setSelected} onOpen={open} />
        <div className="jp-opsnb-Dag-side" role="group" aria-label={trans.__('Parameters and steps')}>
          <Parameters
            trans={trans}
            given={graph.params}
            words={words}
            onWords={setWords}
            force={force}
            onForce={setForce}
          />
          <Steps
            opsnb={opsnb}
            graph={graph}
            selected={selected}
            onSelect={setSelected}
            onOpen={open}
            onRunFrom={step => void run(step)}
            onPlanFrom={plan}
            busy={starting}
          />
        </div>
      </div>
    </div>
  );
}
