/**
 * Compiles the message catalogues of `web/messages/`, one folder of Fluent files for each language: into functions for
 * the page, types for its sources, and data for the server. What Fluent has beyond this is refused with file and line.
 */

import type { Entry, Expression, InlineExpression, Placeable, Term, TextElement } from "@fluent/syntax";
import {
  type BaseNode,
  type Message as FluentMessage,
  FluentParser,
  type Pattern as FluentPattern,
} from "@fluent/syntax";

/** A text with `{names}`; or one for each value of the variable `$`, of which `other` is for all the rest. */
export type Pattern = string | Variants;
export type Variants = { $: string } & { [value: string]: Pattern };

/** Messages as their ids nest them: `stages-closed` is `closed` in `stages`. */
export interface Tree {
  [name: string]: Pattern | Tree;
}

/** What a message needs: a number is written as the language does, and can choose a variant by its plural rules. */
export type Variables = Record<string, "number" | "string">;

export interface Message {
  pattern: Pattern;
  /** The comment above it, and that of its group. */
  comment: string;
}

const PLURALS = /^(zero|one|two|few|many|other|\d+)$/;

/** The messages of one Fluent file by their ids; raises with the file and line of what cannot be compiled. */
export function parse(source: string, file: string): Map<string, Message> {
  const messages = new Map<string, Message>();
  const entries = new Map<string, FluentMessage | Term>();
  let group = "";
  const lineOf = (node: BaseNode) =>
    source.slice(0, (node as { span?: { start: number } }).span?.start ?? 0).split("\n").length;
  const refuse = (node: BaseNode, why: string): never => {
    throw new Error(`${file}:${lineOf(node)}: ${why}`);
  };
  const { body } = new FluentParser().parse(source);
  for (const entry of body) {
    if (entry.type === "Junk") refuse(entry as Entry, entry.annotations[0]?.message ?? "not Fluent");
    if (entry.type === "Message" || entry.type === "Term") {
      const name = `${entry.type === "Term" ? "-" : ""}${entry.id.name}`;
      if (entries.has(name)) refuse(entry, `“${name}” is there already`);
      entries.set(name, entry);
    }
  }
  const patternNamed = (name: string, node: BaseNode): FluentPattern =>
    entries.get(name)?.value ?? refuse(node, `there is no “${name}” in this file`);

  /** Text and placeables one after the other; a choice is drawn out to the front. */
  function compile(elements: readonly (TextElement | Placeable)[], before = ""): Pattern {
    const [element, ...after] = elements;
    if (!element) return before;
    if (element.type === "TextElement") return compile(after, before + literal(element.value, element));
    const expression: Expression = element.expression;
    if (expression.type !== "SelectExpression") {
      const inline = inlined(expression);
      return typeof inline === "string"
        ? compile(after, before + inline)
        : compile([...inline, ...after], before);
    }
    const { selector, variants } = expression;
    if (selector.type !== "VariableReference")
      return refuse(selector, "only a variable can choose a variant");
    const choices = Object.fromEntries(
      variants.map(({ key, value, default: isDefault }) => {
        const name = key.type === "Identifier" ? key.name : key.value;
        if (isDefault !== (name === "other")) refuse(key, "the default variant, and no other, is *[other]");
        return [name, compile([...value.elements, ...after], before)];
      }),
    );
    return { ...choices, $: selector.id.name };
  }

  function inlined(expression: InlineExpression | Placeable): string | readonly (TextElement | Placeable)[] {
    switch (expression.type) {
      case "VariableReference":
        return `{${expression.id.name}}`;
      case "StringLiteral":
        return literal(expression.parse().value, expression);
      case "MessageReference":
        return patternNamed(expression.id.name, expression).elements;
      case "TermReference":
        return patternNamed(`-${expression.id.name}`, expression).elements;
      default:
        return refuse(expression, `a ${expression.type} cannot be used here`);
    }
  }

  function literal(text: string, node: BaseNode): string {
    return /[{}]/.test(text) ? refuse(node, "braces cannot be shown") : text.replaceAll("\n", " ");
  }

  for (const entry of body) {
    if (entry.type === "GroupComment") group = entry.content;
    if (entry.type !== "Message") continue;
    if (entry.attributes.length > 0) refuse(entry, "attributes cannot be used: give it a message of its own");
    const pattern = compile(patternNamed(entry.id.name, entry).elements);
    messages.set(entry.id.name, { pattern, comment: `${group}\n${entry.comment?.content ?? ""}` });
  }
  return messages;
}

/** The variables of a message. */
export function variablesOf(pattern: Pattern): Variables {
  if (typeof pattern === "string")
    return Object.fromEntries([...pattern.matchAll(/\{([^}]+)\}/g)].map(([, name = ""]) => [name, "string"]));
  const { $: chosenBy, ...variants } = pattern;
  const inner = Object.values(variants).map(variablesOf);
  const isNumber = Object.keys(variants).every((value) => PLURALS.test(value));
  const all: Variables = Object.assign({}, ...inner, { [chosenBy]: isNumber ? "number" : "string" });
  // A variable that is chosen by further in is a number everywhere.
  for (const variables of inner)
    for (const [name, type] of Object.entries(variables)) if (type === "number") all[name] = type;
  return all;
}

/** What is shown of a message's variables in every case: not those that only choose a variant. */
function shownIn(pattern: Pattern): Set<string> {
  if (typeof pattern === "string") return new Set(Object.keys(variablesOf(pattern)));
  return shownIn(pattern.other ?? "");
}

/** What is wrong with a language's file beside the English one, a sentence for each message. */
export function misfits(english: Map<string, Message>, other: Map<string, Message>): string[] {
  const wrong: string[] = [];
  for (const [id, { pattern }] of english) {
    const translated = other.get(id);
    if (!translated) {
      wrong.push(`“${id}” is missing`);
      continue;
    }
    const [needs, has] = [variablesOf(pattern), variablesOf(translated.pattern)];
    for (const [name, type] of Object.entries(has)) {
      if (!(name in needs)) wrong.push(`“${id}” has $${name}, which English does not have`);
      else if (type === "number" && needs[name] === "string")
        wrong.push(`“${id}” counts $${name}: in English it is a text`);
    }
    for (const name of shownIn(pattern)) if (!(name in has)) wrong.push(`“${id}” lacks $${name}`);
  }
  for (const id of other.keys()) if (!english.has(id)) wrong.push(`“${id}” is not in English`);
  return wrong;
}

/** The messages of a file as their ids nest them. */
export function nested<Value>(messages: Iterable<[string, Value]>): { [name: string]: unknown } {
  const root: { [name: string]: unknown } = {};
  for (const [id, value] of messages) {
    const path = id.split("-");
    const last = path.pop() ?? "";
    let node = root;
    for (const name of path) {
      node[name] ??= {};
      node = node[name] as typeof root;
    }
    node[last] = value;
  }
  return root;
}

/** A module of functions and texts; which of them are functions, and of what, English decides. */
export function moduleOf(
  messages: Map<string, Message>,
  english: Map<string, Message>,
  language: string,
): string {
  const code = nested(
    [...english].map(([id, { pattern }]) => {
      const variables = variablesOf(pattern);
      return [id, functionOf(messages.get(id)?.pattern ?? pattern, variables)] as [string, string];
    }),
  );
  const body = written(code, (text) => text);
  const head = [
    /\bnumber\(/.test(body)
      ? `const number = new Intl.NumberFormat(${JSON.stringify(language)}).format;\n`
      : "",
    /\bplural\(/.test(body)
      ? `const rules = new Intl.PluralRules(${JSON.stringify(language)});\nconst plural = (count) => rules.select(count);\n`
      : "",
  ];
  return `${head.join("")}export default ${body};\n`;
}

function functionOf(pattern: Pattern, variables: Variables): string {
  if (Object.keys(variables).length === 0) return JSON.stringify(pattern);
  const names = Object.keys(variablesOf(pattern));
  return `(${names.length > 0 ? `{ ${names.join(", ")} }` : ""}) => ${expressionOf(pattern, variables)}`;
}

function expressionOf(pattern: Pattern, variables: Variables): string {
  if (typeof pattern === "string") {
    const text = pattern.replace(/[`\\$]/g, "\\$&");
    const shown = (name: string) => (variables[name] === "number" ? `number(${name})` : name);
    return `\`${text.replace(/\{([^}]+)\}/g, (_, name: string) => `\${${shown(name)}}`)}\``;
  }
  const { $: chosenBy, other = "", ...variants } = pattern;
  const isNumber = variables[chosenBy] === "number";
  const tests = Object.entries(variants).map(([value, inner]) => {
    const test = !isNumber
      ? `${chosenBy} === ${JSON.stringify(value)}`
      : /^\d+$/.test(value)
        ? `${chosenBy} === ${value}`
        : `plural(${chosenBy}) === "${value}"`;
    return `${test} ? ${expressionOf(inner, variables)} : `;
  });
  return `(${tests.join("")}${expressionOf(other, variables)})`;
}

function written(tree: { [name: string]: unknown }, leaf: (value: string) => string): string {
  const lines = Object.entries(tree).map(
    ([name, value]) =>
      `${JSON.stringify(name)}: ${typeof value === "string" ? leaf(value) : written(value as typeof tree, leaf)}`,
  );
  return `{ ${lines.join(", ")} }`;
}

/** The type of an English file's module. A table of messages can be looked into by any name. */
export function typeOf(english: Map<string, Message>): string {
  const tree = nested(
    [...english].map(([id, { pattern }]) => {
      const variables = Object.entries(variablesOf(pattern)).map(([name, type]) => `${name}: ${type}`);
      return [id, variables.length ? `(variables: { ${variables.join("; ")} }) => string` : "string"] as [
        string,
        string,
      ];
    }),
  );
  const shape = (node: { [name: string]: unknown }, depth: number): string => {
    const indent = "  ".repeat(depth);
    const values = Object.values(node);
    const lines = Object.entries(node).map(
      ([name, value]) =>
        `${indent}readonly ${JSON.stringify(name)}: ${typeof value === "string" ? value : shape(value as typeof node, depth + 1)};`,
    );
    const isTable = depth > 1 && values.every((value) => typeof value === "string");
    if (isTable) {
      const types = [...new Set(values as string[])].map((type) => `(${type})`).join(" | ");
      lines.push(`${indent}readonly [name: string]: ${types} | undefined;`);
    }
    return `{\n${lines.join("\n")}\n${"  ".repeat(depth - 1)}}`;
  };
  return shape(tree, 1);
}

/** The messages as data for the server. */
export function dataOf(messages: Map<string, Message>): Tree {
  return nested([...messages].map(([id, { pattern }]) => [id, pattern] as [string, Pattern])) as Tree;
}
