//! The cryptography that the JWT library works with: ring's Ed25519, and nothing else.

use jsonwebtoken::{
    Algorithm, AlgorithmFamily, DecodingKey, EncodingKey,
    crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils},
    errors::{Error, ErrorKind},
};
use ring::signature::{ED25519, Ed25519KeyPair, UnparsedPublicKey};
use signature::{Signer, Verifier};

static RING: CryptoProvider = CryptoProvider {
    signer_factory: |algorithm, key| signer(*algorithm, key),
    verifier_factory: |algorithm, key| verifier(*algorithm, key),
    key_utils: KeyUtils::new_unimplemented(),
};

/// For the whole process; doing it again does nothing.
pub fn install() {
    // An error says that it was done before.
    let _ = RING.install_default();
}

struct EdDsaSigner(Ed25519KeyPair);

struct EdDsaVerifier(Vec<u8>);

fn signer(algorithm: Algorithm, key: &EncodingKey) -> Result<Box<dyn JwtSigner>, Error> {
    require_ed_dsa(algorithm, key.family())?;
    let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(key.as_bytes());
    let pair = pair.map_err(|_| ErrorKind::InvalidEddsaKey)?;
    Ok(Box::new(EdDsaSigner(pair)))
}

fn verifier(algorithm: Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>, Error> {
    require_ed_dsa(algorithm, key.family())?;
    Ok(Box::new(EdDsaVerifier(key.try_get_as_bytes()?.to_vec())))
}

fn require_ed_dsa(algorithm: Algorithm, family: AlgorithmFamily) -> Result<(), Error> {
    if algorithm == Algorithm::EdDSA && family == AlgorithmFamily::Ed {
        return Ok(());
    }
    Err(ErrorKind::InvalidAlgorithm.into())
}

impl Signer<Vec<u8>> for EdDsaSigner {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, signature::Error> {
        Ok(self.0.sign(message).as_ref().to_vec())
    }
}

impl JwtSigner for EdDsaSigner {
    fn algorithm(&self) -> Algorithm {
        Algorithm::EdDSA
    }
}

impl Verifier<Vec<u8>> for EdDsaVerifier {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), signature::Error> {
        UnparsedPublicKey::new(&ED25519, &self.0)
            .verify(message, signature)
            .map_err(|_| signature::Error::new())
    }
}

impl JwtVerifier for EdDsaVerifier {
    fn algorithm(&self) -> Algorithm {
        Algorithm::EdDSA
    }
}
