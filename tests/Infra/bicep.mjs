// The syntax tree of a Bicep file, as what the file says.
//
// A value that is written out is itself; any other expression is { $expression: its text }; a loop is
// { $for: its head, $body: the value of each turn }; a condition adds $if.

import { descendants } from './tree.mjs';

/** What a file declares and uses, from the root of its syntax tree. */
export function readBicep(root) {
  const all = [...descendants(root)];
  const of = type => all.filter(node => node.type === type);
  return {
    targetScope: of('target_scope_assignment').map(node => valueOf(last(node)))[0] ?? 'resourceGroup',
    parameters: of('parameter_declaration').map(readParameter),
    variables: of('variable_declaration').map(node => ({ name: nameOf(node), value: valueOf(last(node)) })),
    resources: of('resource_declaration').map(readResource),
    modules: of('module_declaration').map(readModule),
    outputs: of('output_declaration').map(node => ({ name: nameOf(node), type: typeOf(node), value: valueOf(last(node)) })),
    usedNames: [...new Set(of('identifier').filter(isUse).map(node => node.text))],
    localNames: all.filter(isLocal).map(node => node.text),
    usedOutputs: of('member_expression').map(node => /^(\w+)\.outputs\.(\w+)$/.exec(node.text))
      .filter(match => match).map(([, module, output]) => ({ module, output })),
    usedFunctions: of('call_expression').filter(node => node.parent.type !== 'decorator').map(functionOf),
    loadedFiles: of('call_expression').filter(node => /^load\w+Content\(/.test(node.text))
      .map(node => valueOf(node.childForFieldName('arguments').namedChildren[0])),
  };
}

function readParameter(node) {
  const value = assigned(node);
  return {
    name: nameOf(node),
    type: typeOf(node),
    hasDefault: value !== null,
    ...(value && { default: valueOf(value) }),
    decorators: decoratorsOf(node),
  };
}

function readResource(node) {
  const [type, apiVersion] = stringAfterName(node).split('@');
  const outer = node.parent.type === 'object_property' ? enclosing(node, 'resource_declaration') : null;
  return {
    name: nameOf(node),
    type: outer ? `${stringAfterName(outer).split('@')[0]}/${type}` : type,
    apiVersion,
    existing: node.children.some(child => child.type === 'existing'),
    body: valueOf(last(node)),
  };
}

function readModule(node) {
  return { name: nameOf(node), path: stringAfterName(node), body: valueOf(last(node)) };
}

function valueOf(node) {
  switch (node.type) {
    case 'number': return Number(node.text);
    case 'boolean': return node.text === 'true';
    case 'null': return null;
    case 'string': return node.namedChildren.some(child => child.type === 'interpolation') ? { $expression: node.text } : textOf(node);
    case 'array': return node.namedChildren.filter(isCode).map(valueOf);
    case 'object': return Object.fromEntries(node.namedChildren.filter(isMember).map(readMember));
    case 'if_statement': return { ...valueOf(last(node)), $if: node.namedChildren[0].text };
    case 'for_statement': return { $for: node.text.slice(1, node.text.indexOf(':')), $body: valueOf(node.childForFieldName('body')) };
    default: return { $expression: node.text };
  }
}

function textOf(string) {
  const text = string.text.startsWith("'''") ? string.text.slice(3, -3) : string.text.slice(1, -1);
  return text.replace(/\\(.)/g, '$1');
}

function readMember(node) {
  const [key, value] = node.namedChildren.filter(isCode);
  return [key.type === 'string' ? textOf(key) : key.text, valueOf(value)];
}

function isCode(node) {
  return node.type !== 'comment';
}

function isMember(node) {
  return node.type === 'object_property' && node.namedChildren[0].type !== 'resource_declaration';
}

function last(node) {
  return node.namedChildren.filter(isCode).at(-1);
}

function nameOf(node) {
  return node.namedChildren.find(child => child.type === 'identifier').text;
}

function typeOf(node) {
  return node.namedChildren.find(child => child.type === 'type')?.text;
}

function functionOf(call) {
  return call.childForFieldName('function').text;
}

function stringAfterName(node) {
  return textOf(node.namedChildren.find(child => child.type === 'string'));
}

/** What stands after the equals sign; null where there is none. */
function assigned(node) {
  const at = node.children.findIndex(child => child.type === '=');
  return at < 0 ? null : node.children.slice(at + 1).find(child => child.isNamed && isCode(child)) ?? null;
}

function decoratorsOf(node) {
  let before = node.previousNamedSibling;
  while (before?.type === 'comment') before = before.previousNamedSibling;
  if (before?.type !== 'decorators') return {};
  const calls = before.namedChildren.flatMap(decorator => decorator.namedChildren.filter(child => child.type === 'call_expression'));
  return Object.fromEntries(calls.map(call => {
    const argument = call.childForFieldName('arguments').namedChildren[0];
    return [functionOf(call), argument ? valueOf(argument) : true];
  }));
}

function enclosing(node, type) {
  let outer = node.parent;
  while (outer && outer.type !== type) outer = outer.parent;
  return outer;
}

/** An identifier that stands for a value: no key, no function, no name that is being declared. */
function isUse(node) {
  const { parent } = node;
  const first = parent.namedChildren[0].id === node.id;
  if (/^(object_property|lambda_expression|for_statement)$/.test(parent.type)) return !first;
  if (parent.type === 'call_expression') return parent.childForFieldName('function').id !== node.id;
  if (/^(parameter|variable|resource|module|output)_declaration$/.test(parent.type))
    return parent.namedChildren.find(child => child.type === 'identifier').id !== node.id;
  return true;
}

function isLocal(node) {
  return node.type === 'loop_variable' || node.type === 'loop_enumerator'
    || (node.type === 'identifier' && /^(lambda_expression|for_statement)$/.test(node.parent.type)
      && node.parent.namedChildren[0].id === node.id);
}
