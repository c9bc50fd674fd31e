import type { LabIcon } from '@jupyterlab/ui-components';
import React from 'react';
import type { TranslationBundle } from '@jupyterlab/translation';
import { stateWord } from './state';

/** A small button with an icon; its label is said and shown as a title. */
export function IconButton(props: {
  icon: LabIcon;
  label: string;
  onClick: (event: React.MouseEvent) => void;
  disabled?: boolean;
  pressed?: boolean;
}): JSX.Element {
  const { icon: Icon, label, onClick, disabled, pressed } = props;
  return (
    <button
      type="button"
      className="jp-opsnb-IconButton"
      title={label}
      aria-label={label}
      aria-pressed={pressed}
      disabled={disabled}
      onClick={onClick}
    >
      <Icon.react tag="span" className="jp-opsnb-Icon" />
    </button>
  );
}

/** A choice of one among a few words. */
export function Choice(props: {
  label: string;
  value: string;
  options: readonly (readonly [string, string])[];
  onChange: (value: string) => void;
}): JSX.Element {
  return (
    <select
      className="jp-opsnb-Choice"
      aria-label={props.label}
      title={props.label}
      value={props.value}
      onChange={event => props.onChange(event.target.value)}
    >
      {props.options.map(([value, word]) => (
        <option key={value} value={value}>
          {word}
        </option>
      ))}
    </select>
  );
}

export function Search(props: {
  label: string;
  value: string;
  onChange: (value: string) => void;
  onEnter?: (back: boolean) => void;
  /** On a line of its own where there is little room. */
  wide?: boolean;
}): JSX.Element {
  return (
    <input
      type="search"
      className={`jp-opsnb-Search${props.wide ? ' jp-opsnb-mod-wide' : ''}`}
      placeholder={props.label}
      aria-label={props.label}
      value={props.value}
      onChange={event => props.onChange(event.target.value)}
      onKeyDown={event => {
        if (event.key === 'Enter') {
          props.onEnter?.(event.shiftKey);
        } else if (event.key === 'Escape' && props.value) {
          props.onChange('');
          event.stopPropagation();
        }
      }}
    />
  );
}

/** The states to choose from, with a word for all. */
export function stateOptions(trans: TranslationBundle, states: readonly string[]): [string, string][] {
  return [['', trans.__('any state')], ...states.map(s => [s, stateWord(trans, s)] as [string, string])];
}
