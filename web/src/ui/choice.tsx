/** One thing of several, as radio buttons. */

import { useId } from "preact/hooks";

interface Props<Value extends string> {
  label: string;
  options: readonly Value[];
  names: Record<Value, string>;
  value: Value;
  testId?: string;
  onChoose(value: Value): void;
}

export function Choice<Value extends string>(props: Props<Value>) {
  const { label, options, names, value, testId, onChoose } = props;
  const group = useId();
  return (
    <fieldset class="choice" data-testid={testId}>
      <legend>{label}</legend>
      {options.map((option) => (
        <label key={option}>
          <input
            type="radio"
            name={group}
            value={option}
            checked={option === value}
            onChange={() => onChoose(option)}
          />
          <span>{names[option]}</span>
        </label>
      ))}
    </fieldset>
  );
}
