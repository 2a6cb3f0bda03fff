// A certified OpenID provider (npm oidc-provider) with one client; whoever signs in is who they say.
//
// PORT, CLIENT_ID, CLIENT_SECRET, CALLBACK; a name is the subject, and its mailbox at example.org;
// one that begins with "unverified" has a mailbox that is not.
import { createServer } from "node:http";
import { Provider } from "oidc-provider";

const { PORT, CLIENT_ID, CLIENT_SECRET, CALLBACK } = process.env;
const SCOPE = "openid email profile";
const SIGN_IN = "/sign-in/";

const provider = new Provider(`http://127.0.0.1:${PORT}`, {
  clients: [{ client_id: CLIENT_ID, client_secret: CLIENT_SECRET, redirect_uris: [CALLBACK] }],
  claims: {
    openid: ["sub"],
    email: ["email", "email_verified"],
    profile: ["name", "given_name", "family_name"],
  },
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_context, interaction) => SIGN_IN + interaction.uid },
  findAccount: (_context, name) => ({
    accountId: name,
    claims: () => ({
      sub: name,
      email: `${name}@example.org`,
      email_verified: !name.startsWith("unverified"),
      name: "Alice Benali",
      given_name: "Alice",
      family_name: "Benali",
    }),
  }),
  pkce: { required: () => true },
});

async function show(request, response) {
  const { uid } = await provider.interactionDetails(request, response);
  response.setHeader("Content-Type", "text/html; charset=utf-8");
  response.end(`<!doctype html><html lang="en"><title>Sign in there</title><link rel="icon" href="data:,">
<main><h1>Sign in there</h1><form method="post" action="${SIGN_IN}${uid}">
<label>Name <input name="name"></label><button>Sign in</button><button name="no" value="no">No</button>
</form></main></html>`);
}

async function finish(request, response) {
  const details = await provider.interactionDetails(request, response);
  let body = "";
  for await (const part of request) body += part;
  const told = new URLSearchParams(body);
  if (told.has("no")) {
    await provider.interactionFinished(request, response, { error: "access_denied" });
    return;
  }
  const accountId = told.get("name");
  const grant = new provider.Grant({ accountId, clientId: details.params.client_id });
  grant.addOIDCScope(SCOPE);
  const result = { login: { accountId }, consent: { grantId: await grant.save() } };
  await provider.interactionFinished(request, response, result);
}

const others = provider.callback();
createServer((request, response) => {
  const people = request.url.startsWith(SIGN_IN);
  if (people) (request.method === "POST" ? finish : show)(request, response);
  else others(request, response);
}).listen(Number(PORT), "127.0.0.1");
