import React from 'react';

/** A text with some places marked; the text is never read as HTML. */
export function Marked(props: { text: string; places: readonly (readonly number[])[] }): JSX.Element {
  const { text, places } = props;
  const parts: React.ReactNode[] = [];
  let at = 0;
  for (const [start, end] of [...places].sort((a, b) => a[0] - b[0])) {
    if (start >= at && end > start && start < text.length) {
      parts.push(text.slice(at, start), <mark key={start}>{text.slice(start, end)}</mark>);
      at = end;
    }
  }
  parts.push(text.slice(at));
  return <>{parts}</>;
}
