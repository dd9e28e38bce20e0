import * as ts from 'typescript';

/** A regular expression in a source file. */
export interface FoundExpression {
  /** From 1. */
  line: number;
  /** As it is written. */
  text: string;
  /** Its source and flags; undefined when it is put together of what only a run knows. */
  expression: { source: string; flags: string } | undefined;
}

/** All regular expressions of a source file: literals, and those that `RegExp` makes. */
export function expressionsOf(path: string, content: string): FoundExpression[] {
  const file = ts.createSourceFile(path, content, ts.ScriptTarget.Latest, true);
  const constants = constantsOf(file);
  const found: FoundExpression[] = [];
  const visit = (node: ts.Node): void => {
    const expression = expressionOf(node, constants);
    if (expression !== 'none') {
      const line = file.getLineAndCharacterOfPosition(node.getStart()).line + 1;
      found.push({ line, text: node.getText(file), expression });
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

function expressionOf(
  node: ts.Node,
  constants: ReadonlyMap<string, ts.Expression>,
): FoundExpression['expression'] | 'none' {
  if (ts.isRegularExpressionLiteral(node)) {
    const end = node.text.lastIndexOf('/');
    return { source: node.text.slice(1, end), flags: node.text.slice(end + 1) };
  }
  const made = ts.isNewExpression(node) || ts.isCallExpression(node);
  if (!made || !ts.isIdentifier(node.expression) || node.expression.text !== 'RegExp') return 'none';
  const [source, flags] = node.arguments ?? [];
  const texts = [source && textOf(source, constants), flags ? textOf(flags, constants) : ''];
  return texts[0] === undefined || texts[1] === undefined ? undefined : { source: texts[0], flags: texts[1] };
}

/** What a text is that is made of literals and constants of the same file only. */
function textOf(node: ts.Expression, constants: ReadonlyMap<string, ts.Expression>): string | undefined {
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return node.text;
  if (ts.isIdentifier(node)) {
    const value = constants.get(node.text);
    return value && textOf(value, constants);
  }
  const raw = ts.isTaggedTemplateExpression(node);
  if (raw && node.tag.getText() !== 'String.raw') return undefined;
  const template = raw ? node.template : node;
  const textIn = (part: ts.TemplateLiteralLikeNode): string => (raw ? (part.rawText ?? '') : part.text);
  if (ts.isNoSubstitutionTemplateLiteral(template)) return textIn(template);
  if (!ts.isTemplateExpression(template)) return undefined;
  let text = textIn(template.head);
  for (const { expression, literal } of template.templateSpans) {
    const value = textOf(expression, constants);
    if (value === undefined) return undefined;
    text += value + textIn(literal);
  }
  return text;
}

function constantsOf(file: ts.SourceFile): Map<string, ts.Expression> {
  const constants = new Map<string, ts.Expression>();
  for (const statement of file.statements) {
    if (!ts.isVariableStatement(statement) || !(statement.declarationList.flags & ts.NodeFlags.Const))
      continue;
    for (const { name, initializer } of statement.declarationList.declarations) {
      if (ts.isIdentifier(name) && initializer) constants.set(name.text, initializer);
    }
  }
  return constants;
}
