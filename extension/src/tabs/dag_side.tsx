import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';
import { shownState, shownWord } from '../components/dag';
import { List } from '../components/list';
import { stateSign } from '../components/state';
import { Said } from '../components/said';
import { duration } from '../words';
import { canOpen, openFile } from '../files';
import type { IOpsnb } from '../tokens';
import type { Given, Graph, StepNode } from '../api';

/** The parameters of a pipeline as a form; what is not changed is left to the file. */
export function Parameters(props: {
  trans: TranslationBundle;
  given: readonly Given[];
  words: Record<string, string>;
  onWords: (words: Record<string, string>) => void;
  force: boolean;
  onForce: (force: boolean) => void;
}): JSX.Element {
  const { trans, given, words, onWords, force, onForce } = props;
  const [own] = React.useState(() => new Map<string, string>());
  given.forEach(p => own.has(p.name) || own.set(p.name, p.value));
  const set = (name: string, value: string) => {
    const rest = { ...words };
    delete rest[name];
    onWords(value === own.get(name) ? rest : { ...rest, [name]: value });
  };
  return (
    <form className="jp-opsnb-Params" onSubmit={event => event.preventDefault()}>
      {given.map(p => {
        const value = words[p.name] ?? p.value;
        const changed = p.name in words;
        return (
          <label key={p.name} className={changed ? 'jp-opsnb-mod-changed' : undefined}>
            <Said text={p.name} />
            {p.kind === 'bool' ? (
              <input
                type="checkbox"
                checked={value === 'true'}
                onChange={event => set(p.name, String(event.target.checked))}
              />
            ) : (
              <input
                type="text"
                inputMode={p.kind === 'int' || p.kind === 'float' ? 'decimal' : undefined}
                value={value}
                title={p.kind}
                onChange={event => set(p.name, event.target.value)}
              />
            )}
          </label>
        );
      })}
      <label>
        <span>{trans.__('all steps, changed or not')}</span>
        <input type="checkbox" checked={force} onChange={event => onForce(event.target.checked)} />
      </label>
    </form>
  );
}

/** The steps with their reasons, and what can be done with the chosen one. */
export function Steps(props: {
  opsnb: IOpsnb;
  graph: Graph;
  selected: string;
  onSelect: (step: string) => void;
  onOpen: (node: StepNode) => void;
  onRunFrom: (step: string) => void;
  onPlanFrom: (step: string) => void;
  busy: boolean;
}): JSX.Element {
  const { opsnb, graph, selected, onSelect, onOpen, onRunFrom, onPlanFrom, busy } = props;
  const { trans } = opsnb;
  const node = graph.nodes.find(n => n.step === selected);
  return (
    <>
      <List
        label={trans.__('Steps, and why')}
        total={graph.nodes.length}
        row={i => graph.nodes[i]}
        rowKey={n => n.step}
        height={40}
        selected={n => n.step === selected}
        onSelect={n => onSelect(n.step)}
        onOpen={onOpen}
        draw={n => (
          <span className="jp-opsnb-Step">
            <span>
              <span className="jp-opsnb-State" data-state={shownState(n)}>
                {stateSign(shownState(n))}
              </span>{' '}
              <Said text={n.step} className="jp-opsnb-mod-first" />
              <span className="jp-opsnb-mod-end">{duration(trans, n.duration_s) || shownWord(trans, n)}</span>
            </span>
            <Said
              text={n.error || n.why || shownWord(trans, n)}
              className={n.error ? 'jp-opsnb-mod-bad' : 'jp-opsnb-mod-dim'}
            />
          </span>
        )}
      />
      {node && (
        <section className="jp-opsnb-Chosen" aria-label={trans.__('Step %1', node.step)}>
          <h3>
            <bdi>{node.step}</bdi>{' '}
            <span className="jp-opsnb-State" data-state={shownState(node)}>
              {stateSign(shownState(node))} {shownWord(trans, node)}
            </span>
          </h3>
          <dl>
            <Fact name={trans.__('why')} value={node.why} />
            <Fact name={trans.__('error')} value={node.error} />
            <Fact name={trans.__('took')} value={duration(trans, node.duration_s)} />
            <Fact name={trans.__('attempt')} value={node.attempt > 1 ? String(node.attempt) : ''} />
            <Fact name={trans.__('needs')} value={node.needs.join(', ')} />
            <Fact name={trans.__('on')} value={node.on} />
          </dl>
          <div className="jp-opsnb-Buttons">
            <Go
              opsnb={opsnb}
              file={node.notebook.replace(/:\w+$/, '')}
              word={/:\w+$/.test(node.notebook) ? trans.__('Function') : trans.__('Notebook')}
            />
            <Go opsnb={opsnb} file={node.executed} word={trans.__('Executed notebook')} />
            {node.run && (
              <button
                type="button"
                className="jp-opsnb-Button"
                onClick={() => opsnb.open('run', { run: node.run })}
              >
                {trans.__('Run details')}
              </button>
            )}
            <button type="button" className="jp-opsnb-Button" onClick={() => onPlanFrom(node.step)}>
              {trans.__('Plan from here')}
            </button>
            <button
              type="button"
              className="jp-opsnb-Button"
              disabled={busy}
              title={trans.__(
                'Run this step and all that needs it; the last results of the others are taken'
              )}
              onClick={() => onRunFrom(node.step)}
            >
              {trans.__('Run from here')}
            </button>
          </div>
        </section>
      )}
    </>
  );
}

function Fact(props: { name: string; value: string }): JSX.Element | null {
  return props.value ? (
    <>
      <dt>{props.name}</dt>
      <dd>{props.value}</dd>
    </>
  ) : null;
}

function Go(props: { opsnb: IOpsnb; file: string; word: string }): JSX.Element | null {
  const { opsnb, file, word } = props;
  return file && canOpen(opsnb, file) ? (
    <button type="button" className="jp-opsnb-Button" title={file} onClick={() => void openFile(opsnb, file)}>
      {word}
    </button>
  ) : null;
}
