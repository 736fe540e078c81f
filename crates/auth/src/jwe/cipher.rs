//! The two content encryptions, on bytes.
//!
//! Source: RFC 7518 sections 5.2.2 (AES-CBC with HMAC) and 5.3 (AES-GCM).

use aes::Aes256;
use aes_gcm::Aes256Gcm;
use aes_gcm::aead::{Aead, Payload};
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyInit, KeyIvInit};
use hmac::{Hmac, Mac};
use sha2::Sha512;
use subtle::ConstantTimeEq;

use super::DecodeError;
use super::keys::{CbcKey, GcmKey};
use crate::environment::{Random, array};

const IV_BYTES: usize = 16;
const TAG_BYTES: usize = 32;

/// What a token holds beside its header.
pub(super) struct Sealed {
    pub(super) iv: [u8; IV_BYTES],
    pub(super) ciphertext: Vec<u8>,
    pub(super) tag: [u8; TAG_BYTES],
}

/// The parts of a token to open.
pub(super) struct Parts<'a> {
    /// The encoded header, which the tag covers.
    pub(super) aad: &'a [u8],
    pub(super) iv: &'a [u8],
    pub(super) ciphertext: &'a [u8],
    pub(super) tag: &'a [u8],
}

pub(super) fn seal_cbc(key: &CbcKey, aad: &str, plain: &[u8], random: &dyn Random) -> Sealed {
    let iv = array(random);
    let ciphertext = cbc::Encryptor::<Aes256>::new(&key.cipher.into(), &iv.into())
        .encrypt_padded_vec::<Pkcs7>(plain);
    let tag = tag_of(key, aad.as_bytes(), &iv, &ciphertext);
    Sealed {
        iv,
        ciphertext,
        tag,
    }
}

pub(super) fn open_cbc(key: &CbcKey, parts: &Parts<'_>) -> Result<Vec<u8>, DecodeError> {
    let iv: &[u8; IV_BYTES] = parts.iv.try_into().map_err(|_| DecodeError::Malformed)?;
    let tag = tag_of(key, parts.aad, iv, parts.ciphertext);
    // SECURITY: before decryption, so that the padding tells nothing.
    if !bool::from(tag.ct_eq(parts.tag)) {
        return Err(DecodeError::Decryption);
    }
    cbc::Decryptor::<Aes256>::new(&key.cipher.into(), iv.into())
        .decrypt_padded_vec::<Pkcs7>(parts.ciphertext)
        .map_err(|_| DecodeError::Decryption)
}

pub(super) fn open_gcm(key: &GcmKey, parts: &Parts<'_>) -> Result<Vec<u8>, DecodeError> {
    let nonce: &[u8; 12] = parts.iv.try_into().map_err(|_| DecodeError::Malformed)?;
    let tag: &[u8; 16] = parts.tag.try_into().map_err(|_| DecodeError::Malformed)?;
    let message = [parts.ciphertext, tag].concat();
    let payload = Payload {
        msg: &message,
        aad: parts.aad,
    };
    Aes256Gcm::new(key.into())
        .decrypt(nonce.into(), payload)
        .map_err(|_| DecodeError::Decryption)
}

/// First half of HMAC-SHA-512 over header, initialisation vector, ciphertext and the header's length in bits.
fn tag_of(key: &CbcKey, aad: &[u8], iv: &[u8], ciphertext: &[u8]) -> [u8; TAG_BYTES] {
    let bits = (aad.len() as u64) * 8;
    #[expect(
        clippy::expect_used,
        reason = "HMAC takes keys of any length, and a tag of zeros must never be compared instead"
    )]
    let mac = Hmac::<Sha512>::new_from_slice(&key.mac).expect("HMAC takes keys of any length");
    let full = mac
        .chain_update(aad)
        .chain_update(iv)
        .chain_update(ciphertext)
        .chain_update(bits.to_be_bytes())
        .finalize()
        .into_bytes();
    let mut tag = [0; TAG_BYTES];
    tag.iter_mut().zip(full).for_each(|(to, from)| *to = from);
    tag
}
