// A self-signed certificate for localhost and 127.0.0.1, for tests alone; its key is public.
// openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 36500 -subj /CN=localhost \
//   -addext subjectAltName=DNS:localhost,IP:127.0.0.1

export const certificate = `-----BEGIN CERTIFICATE-----
MIIBmzCCAUGgAwIBAgIUCixtw+3bdU0XfVTur0ggUrVH/7YwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMjE3MTAxMloYDzIxMjYxMDI5
MTcxMDEyWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAATgFMJnbCHSX6ovrWR8JDJ5s7kSwL09aV5FpBIcjx40gTuBVlXpTRU1
iLCX2tkAMGziyucaiSmXcVOrBJt+Zgoyo28wbTAdBgNVHQ4EFgQUxj+a1CJfmKtI
pMHTxrrOHUIZ8eYwHwYDVR0jBBgwFoAUxj+a1CJfmKtIpMHTxrrOHUIZ8eYwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDSAAwRQIhAObzkTC8BcCir5gdRJB5n3hzi9JloC0ffREgEfNnomYRAiAY
1N1PY0Tqoeoe/RFUSNUo39UD/LEOvLM7rxsMU/giHw==
-----END CERTIFICATE-----`;

export const privateKey = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgqiHJvgEEueNsSAY4
icnvEOpyYcIRapmNk5noDpo9V/ShRANCAATgFMJnbCHSX6ovrWR8JDJ5s7kSwL09
aV5FpBIcjx40gTuBVlXpTRU1iLCX2tkAMGziyucaiSmXcVOrBJt+Zgoy
-----END PRIVATE KEY-----`;
