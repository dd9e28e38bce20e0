// What a source file declares, by its syntax alone: nothing is resolved or run, so that it takes milliseconds.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';

const parsed = new Map<string, ts.SourceFile>();

function parse(path: string): ts.SourceFile {
  const file =
    parsed.get(path) ?? ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true);
  parsed.set(path, file);
  return file;
}

/** Literal characters that a title must have beside its placeholders, so that it cannot stand for anything. */
const LEAST_LITERAL = 6;
const PLACEHOLDER = /%[sijdfo]|\$\w+/;

/**
 * Whether a file has a test of this title that is not skipped, or a comparison of this name. Placeholders of a title,
 * `%s`, `$name` and `${name}`, stand for any text; the title may also be given as it is written.
 */
export function hasTest(path: string, title: string): boolean {
  const visit = (node: ts.Node): boolean => {
    const skipped =
      ts.isCallExpression(node) && /^(describe|it|test)\b.*\.(skip|todo)\b/.test(calleeOf(node));
    if (skipped) return false;
    return titleOf(node)?.some((each) => matches(each, title)) || node.getChildren().some(visit);
  };
  return visit(parse(path));
}

/** `it.each` of `it.each([…])('…')`, without the arguments. */
function calleeOf({ expression }: ts.CallExpression): string {
  if (ts.isCallExpression(expression)) return calleeOf(expression);
  return ts.isTaggedTemplateExpression(expression) ? expression.tag.getText() : expression.getText();
}

/** The texts between the placeholders of a title, and the title as it is written where that is another one. */
function titleOf(node: ts.Node): string[][] | undefined {
  let title: ts.Node | undefined;
  if (ts.isCallExpression(node) && /^(it|test)\b/.test(calleeOf(node))) title = node.arguments[0];
  else if (ts.isPropertyAssignment(node) || ts.isVariableDeclaration(node)) {
    if (node.name.getText() === 'name') title = node.initializer;
  }
  if (!title) return undefined;
  if (ts.isStringLiteralLike(title)) return [[title.text], title.text.split(PLACEHOLDER)];
  if (!ts.isTemplateExpression(title)) return undefined;
  const texts = [title.head.text, ...title.templateSpans.map(({ literal }) => literal.text)];
  return [texts.flatMap((text) => text.split(PLACEHOLDER))];
}

function matches(parts: readonly string[], title: string): boolean {
  if (parts.join('').length < LEAST_LITERAL) return false;
  const escaped = parts.map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return new RegExp(`^${escaped.join('.+')}$`).test(title);
}

/**
 * What a file exports under a name, `Class.member` included: the names of its parameters, or none when it takes none.
 * Undefined when there is no such export.
 */
export function exportedDeclaration(path: string, name: string): { parameters: string[] } | undefined {
  const [outer, member] = name.split('.');
  for (const statement of parse(path).statements) {
    if (!isExported(statement)) continue;
    for (const declaration of declarationsOf(statement)) {
      if (declaration.name?.getText() !== outer) continue;
      const found = member === undefined ? declaration : memberOf(declaration, member);
      if (found) return { parameters: parametersOf(found) };
    }
  }
  return undefined;
}

function isExported(statement: ts.Statement): boolean {
  const modifiers = ts.canHaveModifiers(statement) ? ts.getModifiers(statement) : undefined;
  return modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ?? false;
}

function declarationsOf(statement: ts.Statement): ts.NamedDeclaration[] {
  if (ts.isVariableStatement(statement)) return [...statement.declarationList.declarations];
  const named =
    ts.isFunctionDeclaration(statement) ||
    ts.isClassDeclaration(statement) ||
    ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement);
  return named ? [statement] : [];
}

function memberOf(declaration: ts.Node, name: string): ts.Node | undefined {
  if (!ts.isClassDeclaration(declaration) && !ts.isInterfaceDeclaration(declaration)) return undefined;
  const members: readonly ts.NamedDeclaration[] = [...declaration.members];
  return members.find((member) => member.name?.getText() === name);
}

function parametersOf(node: ts.Node): string[] {
  const callable =
    ts.isFunctionDeclaration(node) || ts.isMethodDeclaration(node) || ts.isMethodSignature(node);
  return callable ? node.parameters.map(({ name }) => nameOf(name)) : [];
}

/** A parameter that is taken apart is named by its parts: `{ height, width }`. */
function nameOf(name: ts.BindingName): string {
  if (ts.isIdentifier(name)) return name.text;
  const parts = name.elements.map((part) => (ts.isBindingElement(part) ? nameOf(part.name) : ''));
  return ts.isObjectBindingPattern(name) ? `{ ${parts.join(', ')} }` : `[${parts.join(', ')}]`;
}

/** The names that a module exports, followed through `export … from`. */
export function exportedNames(path: string): Set<string> {
  const names = new Set<string>();
  for (const statement of parse(path).statements) {
    if (!ts.isExportDeclaration(statement)) {
      if (!isExported(statement)) continue;
      for (const { name } of declarationsOf(statement)) if (name) names.add(name.getText());
    } else if (statement.exportClause) {
      const clause = statement.exportClause;
      for (const { name } of ts.isNamedExports(clause) ? clause.elements : [clause])
        names.add(name.getText());
    } else {
      const specifier = (statement.moduleSpecifier as ts.StringLiteral).text;
      const target = join(dirname(path), specifier.replace(/\.js$/, '.ts'));
      if (existsSync(target)) for (const name of exportedNames(target)) names.add(name);
    }
  }
  return names;
}
