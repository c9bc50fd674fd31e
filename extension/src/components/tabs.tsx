import React from 'react';

/** A line of tools and fields above a list. */
export function Bar(props: { label: string; children: React.ReactNode }): JSX.Element {
  return (
    <div className="jp-opsnb-Bar" role="toolbar" aria-label={props.label}>
      {props.children}
    </div>
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
