# Buys one seat, from hold to pass. Needs curl and sed.
API=@BASE_URL@/api/v1
STRIPE=@STRIPE_URL@/v1
ORG=@ORGANISATION_ID@
PLAN=@PLAN_ID@
text() { sed -E "s/.*\"$1\":\"([^\"]*)\".*/\1/"; }

# A guest token: no account needed.
TOKEN=$(curl -s -X POST $API/auth/guest -H 'Content-Type: application/json' -d '{}' | text accessToken)
call() { curl -s -H "Authorization: Bearer $TOKEN" -H "X-Tenant-ID: $ORG" -H 'Content-Type: application/json' "$@"; }

# The first free seat, held under an id that we choose.
SEAT=$(call $API/seating-plans/$PLAN/seats | tr '{' '\n' | grep '"status":"AVAILABLE"' | head -n 1 | text id)
HOLD=$(cat /proc/sys/kernel/random/uuid)
call $API/seating-plans/$PLAN/holds -d "{\"reservationId\":\"$HOLD\",\"seatIds\":[\"$SEAT\"]}"; echo

# The order, and a payment for it.
RESERVATIONS="[{\"kind\":\"seats\",\"reservationId\":\"$HOLD\"}]"
CONTACT='{"email":"fan@demo.example.com","name":"Fay Fan"}'
ORDER=$(call $API/orders -d "{\"reservations\":$RESERVATIONS,\"contact\":$CONTACT}" | sed -E 's/^\{"id":"([^"]*)".*/\1/')
PAYMENT=$(call $API/orders/$ORDER/payments -d '{"method":"CARD"}'); echo "$PAYMENT"

# What Stripe's library does in the buyer's browser.
INTENT=$(echo "$PAYMENT" | text stripePaymentIntentId)
SECRET=$(echo "$PAYMENT" | text clientSecret)
curl -s $STRIPE/payment_intents/$INTENT/confirm -H 'Authorization: Bearer @PUBLISHABLE_KEY@' \
  -d payment_method=pm_card_visa -d client_secret=$SECRET > /dev/null

# Stripe's webhook confirms the order; then there is a pass.
sleep 3; call $API/orders/$ORDER; echo; call $API/orders/$ORDER/passes; echo
