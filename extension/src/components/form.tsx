import React from 'react';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Field } from '../api';

/** What was typed, by field; a field that is not here was left alone. */
export type Typed = Record<string, string>;

/** A field that a form of ours asks for itself. */
export function field(name: string, kind: string, help: string, more: Partial<Field> = {}): Field {
  return {
    name,
    kind,
    help,
    type: '',
    default: null,
    required: false,
    choices: [],
    unit: '',
    low: null,
    high: null,
    ...more
  };
}

/** What was typed as the JSON value that it stands for; text that is none stays text, and the server says why not. */
export function asValue(asked: Field, text: string): unknown {
  const lines = () =>
    text
      .split('\n')
      .map(line => line.trim())
      .filter(line => line);
  switch (asked.kind) {
    case 'boolean':
      return text === 'true';
    case 'integer':
    case 'number':
      return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
    case 'json':
      try {
        return JSON.parse(text);
      } catch {
        return text;
      }
    case 'list':
      return lines();
    case 'dict':
      return Object.fromEntries(
        lines().map(line => {
          const at = line.indexOf('=');
          return at < 0 ? [line, ''] : [line.slice(0, at).trim(), line.slice(at + 1).trim()];
        })
      );
    default:
      return text;
  }
}

/** Those that were typed, as JSON values by name; empty ones are left out. */
export function asValues(fields: readonly Field[], typed: Typed): Record<string, unknown> {
  return Object.fromEntries(
    fields
      .filter(f => (typed[f.name] ?? '') !== '' && typed[f.name] !== (f.default ?? ''))
      .map(f => [f.name, asValue(f, typed[f.name])])
  );
}

interface IControlProps {
  trans: TranslationBundle;
  asked: Field;
  id: string;
  value: string | undefined;
  wrong: string | undefined;
  onChange: (text: string) => void;
}

function Control({ trans, asked, id, value, wrong, onChange }: IControlProps): JSX.Element {
  const shown = value ?? asked.default ?? '';
  const same = {
    id,
    'aria-invalid': !!wrong,
    'aria-required': asked.required,
    'aria-describedby': `${id}-help`,
    onChange: (event: React.ChangeEvent<HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement>) =>
      onChange(event.target.value)
  };
  if (asked.kind === 'boolean') {
    return (
      <input
        {...same}
        type="checkbox"
        checked={shown === 'true'}
        onChange={event => onChange(event.target.checked ? 'true' : 'false')}
      />
    );
  }
  if (asked.choices.length) {
    const known = asked.choices.includes(shown) || (shown === '' && !asked.required);
    return (
      <select {...same} className="jp-opsnb-Form-choice" value={shown}>
        {(!asked.required || !known) && <option value={known ? '' : shown}>{known ? '–' : shown}</option>}
        {asked.choices
          .filter(choice => choice !== '')
          .map(choice => (
            <option key={choice} value={choice}>
              {choice}
            </option>
          ))}
      </select>
    );
  }
  if (asked.kind === 'list' || asked.kind === 'dict') {
    const hint = asked.kind === 'dict' ? trans.__('NAME=VALUE, one a line') : trans.__('one a line');
    return (
      <textarea
        {...same}
        className="jp-mod-styled"
        rows={2}
        value={shown}
        placeholder={hint}
        spellCheck={false}
      />
    );
  }
  const hint =
    asked.kind === 'secret'
      ? 'env:NAME'
      : asked.default === null && asked.type && !asked.required
        ? trans.__('the notebook works it out')
        : undefined;
  return (
    <input
      {...same}
      className="jp-mod-styled"
      type={asked.kind === 'date' ? 'date' : 'text'}
      inputMode={asked.kind === 'integer' || asked.kind === 'number' ? 'decimal' : undefined}
      value={shown}
      placeholder={hint}
      spellCheck={false}
      autoComplete="off"
    />
  );
}

/** What a value has to be, in a few words: its type, limits. */
function bounds(asked: Field): string {
  const { low, high } = asked;
  return low !== null && high !== null
    ? `${low} … ${high}`
    : low !== null
      ? `≥ ${low}`
      : high !== null
        ? `≤ ${high}`
        : '';
}

/** One row a field: its name, the control, what it means, and what is wrong with what was typed. */
export function Fields(props: {
  trans: TranslationBundle;
  fields: readonly Field[];
  typed: Typed;
  wrong: Record<string, string>;
  onChange: (name: string, text: string) => void;
}): JSX.Element {
  const name = React.useRef(`opsnb-form-${Math.random().toString(36).slice(2)}`).current;
  return (
    <>
      {props.fields.map(asked => {
        const id = `${name}-${asked.name}`;
        const wrong = props.wrong[asked.name];
        const about = [asked.help, bounds(asked)].filter(text => text).join(' · ');
        return (
          <div className="jp-opsnb-Form-row" key={asked.name} data-field={asked.name} data-kind={asked.kind}>
            <label htmlFor={id} title={asked.type ? `${asked.name}: ${asked.type}` : asked.name}>
              <bdi>{asked.name}</bdi>
              {asked.required && <span title={props.trans.__('has to be said')}> *</span>}
            </label>
            <div className="jp-opsnb-Form-control">
              <Control
                trans={props.trans}
                asked={asked}
                id={id}
                value={props.typed[asked.name]}
                wrong={wrong}
                onChange={text => props.onChange(asked.name, text)}
              />
              {asked.unit && <span className="jp-opsnb-Form-unit">{asked.unit}</span>}
            </div>
            <div className="jp-opsnb-Form-about" id={`${id}-help`}>
              {wrong ? (
                <span className="jp-opsnb-Form-wrong" role="alert">
                  ✗ {wrong}
                </span>
              ) : (
                <bdi>{about}</bdi>
              )}
            </div>
          </div>
        );
      })}
    </>
  );
}
