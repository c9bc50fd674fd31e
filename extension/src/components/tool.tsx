import type { LabIcon } from '@jupyterlab/ui-components';
import React from 'react';

/** A button that is an icon. */
export function Tool(props: {
  icon: LabIcon;
  label: string;
  onClick: () => void;
  disabled?: boolean;
  pressed?: boolean;
}): JSX.Element {
  const { icon, label, onClick, disabled, pressed } = props;
  return (
    <button
      type="button"
      className="jp-opsnb-Tool"
      title={label}
      aria-label={label}
      aria-pressed={pressed}
      disabled={disabled}
      onClick={onClick}
    >
      <icon.react tag="span" aria-hidden="true" />
    </button>
  );
}

/** A line of tools and fields above a list. */
export function Bar(props: { label: string; children: React.ReactNode }): JSX.Element {
  return (
    <div className="jp-opsnb-Bar" role="toolbar" aria-label={props.label}>
      {props.children}
    </div>
  );
}

/** A field that narrows a list. */
export function Search(props: {
  label: string;
  value: string;
  onChange: (value: string) => void;
}): JSX.Element {
  return (
    <input
      className="jp-opsnb-Search"
      type="search"
      value={props.value}
      placeholder={props.label}
      aria-label={props.label}
      onChange={event => props.onChange(event.target.value)}
    />
  );
}

/** A text that a user gave: cut where there is no room, its direction its own. */
export function Said(props: { text: string; className?: string }): JSX.Element {
  return (
    <span className={`jp-opsnb-Said ${props.className ?? ''}`} title={props.text.slice(0, 2000)}>
      {props.text.slice(0, 500)}
    </span>
  );
}

/** Views of one tab, as tabs within it. */
export function Tabs<K extends string>(props: {
  label: string;
  tabs: readonly (readonly [K, string])[];
  chosen: K;
  onChoose: (tab: K) => void;
}): JSX.Element {
  const { tabs, chosen, onChoose } = props;
  const onKeyDown = (event: React.KeyboardEvent) => {
    const at = tabs.findIndex(([key]) => key === chosen);
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (step) {
      const next = tabs[(at + step + tabs.length) % tabs.length][0];
      onChoose(next);
      const list = event.currentTarget;
      window.requestAnimationFrame(() => list.querySelector<HTMLElement>('[aria-selected="true"]')?.focus());
      event.preventDefault();
    }
  };
  return (
    <div className="jp-opsnb-Tabs" role="tablist" aria-label={props.label} onKeyDown={onKeyDown}>
      {tabs.map(([key, word]) => (
        <button
          key={key}
          type="button"
          role="tab"
          aria-selected={key === chosen}
          tabIndex={key === chosen ? 0 : -1}
          onClick={() => onChoose(key)}
        >
          {word}
        </button>
      ))}
    </div>
  );
}
